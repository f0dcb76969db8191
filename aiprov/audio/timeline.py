"""Where a recording stands, what is missing in it, and how much of that is damage. Pure: seconds and bytes only."""

from __future__ import annotations

# Matroska and ASF write times in whole milliseconds.
_FINE_S = 0.005
# Browsers stamp packets by the wall clock; what moves less than this is jitter.
_COARSE_S = 0.04
_MISSING_END_S = 0.5
# Bytes per second, where nothing was decoded that could tell.
_USUAL_RATE = 16_000.0
# Damaged time stamps must not turn into a day of silence, but one may listen for hours before saying a word.
_QUIET_S = 4 * 3600.0
_QUIET_SHARE = 60.0
# Lost bytes may have held more audio than others: FLAC needs little for silence.
_DENSER = 8.0
# More than the headers between two fragments of an mp4.
_LARGE_BYTES = 1 << 16
_NEIGHBOURS_S = 1.0


class Timeline:
    """Keeps the time of decoded audio right across packets that were lost.

    Two kinds of formats exist. Where packets carry times (mp4, Matroska, Ogg, FLAC, ...), a frame that starts later
    than the one before ended leaves a gap of exactly that length. Where they do not (mp3, ADTS, AMR), the gap is as
    long as the lost bytes would have been at the average rate of the decoded ones: exact for a constant bit rate,
    close for a variable one. Either way the caller fills the gap with silence, so later times stay right.

    A gap is damage when something in it could not be read. A pause that the container itself holds (a recorder that
    wrote nothing while its microphone was muted) becomes silence too, and is no damage.

    Args:
        claim_s: How long the container says the audio is; None when it does not say.
        timed: Whether packets carry times that hold across damage.
        pauses: Whether the container can hold pauses.
    """

    def __init__(self, claim_s: float | None, *, timed: bool, pauses: bool) -> None:
        self.position_s = 0.0
        self.decoded_s = 0.0
        self.damaged_s = 0.0
        self.damage: list[tuple[float, float]] = []
        self._claim_s = claim_s
        self._timed = timed
        self._pauses = pauses
        self._decoded_bytes = 0
        self._lost_bytes = 0
        self._lost_ever = 0
        self._unplaced_bytes = 0
        self._failed = False

    def lose(self, size: int, *, failed: bool) -> None:
        """Count bytes that gave no audio: `failed` when reading them was an error, else they were passed over."""
        self._lost_bytes += size
        self._lost_ever += size
        self._failed = self._failed or failed

    def place(self, start_s: float | None, length_s: float, size: int) -> float:
        """Put a decoded frame on the timeline.

        Args:
            start_s: When it starts, if it says so.
            length_s: How long it sounds.
            size: Encoded bytes that it took.

        Returns:
            Seconds of silence that belong before it.
        """
        self.decoded_s += length_s
        self._decoded_bytes += size
        gap_s = self._gap_before(start_s)
        if gap_s and self._is_damage(gap_s):
            self._count(gap_s)
        if not gap_s and self._lost_bytes > _LARGE_BYTES:
            self._unplaced_bytes += self._lost_bytes
        self.position_s += gap_s + length_s
        if start_s is not None or not self._timed:
            self._lost_bytes, self._failed = 0, False
        return gap_s

    def finish(self, *, unread: int = 0, claim_holds: bool = True) -> None:
        """Count what is missing at the end, where no silence can be put: the claim, or else the bytes, say how much.

        Args:
            unread: Bytes of audio at the end of the file that were never reached.
            claim_holds: Whether the container's claim is about this audio.
        """
        if self._claim_s is not None and claim_holds:
            missing_s = self._claim_s - self.position_s
        else:
            missing_s = self._seconds(self._lost_bytes + self._unplaced_bytes + unread)
        if missing_s > (_COARSE_S if self._failed else _MISSING_END_S):
            self._count(missing_s)

    def _gap_before(self, start_s: float | None) -> float:
        if not self._timed:
            gap_s = self._seconds(self._lost_bytes)
            return gap_s if gap_s > _FINE_S and self._believable(gap_s) else 0.0
        if start_s is None:
            return 0.0
        gap_s = start_s - self.position_s
        return gap_s if gap_s > (_FINE_S if self._failed else _COARSE_S) and self._believable(gap_s) else 0.0

    def _believable(self, gap_s: float) -> bool:
        farthest_s = _QUIET_S + _QUIET_SHARE * self.decoded_s
        if self._claim_s is not None:
            farthest_s = min(farthest_s, self._claim_s + 1.0)
        if self.position_s + gap_s > farthest_s:
            return False
        return self._pauses or gap_s <= 1.0 + _DENSER * self._seconds(self._lost_ever)

    def _is_damage(self, gap_s: float) -> bool:
        if self._failed or self._seconds(self._lost_bytes) > gap_s / 2:
            return True
        return not self._pauses and self.position_s > 0

    def _seconds(self, size: int) -> float:
        rate = self._decoded_bytes / self.decoded_s if self._decoded_bytes else _USUAL_RATE
        return size / rate

    def _count(self, length_s: float) -> None:
        start_s, end_s = self.position_s, self.position_s + length_s
        self.damaged_s += length_s
        if self.damage and start_s - self.damage[-1][1] < _NEIGHBOURS_S:
            start_s = self.damage.pop()[0]
        self.damage.append((start_s, end_s))
