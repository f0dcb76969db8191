"""Who speaks when in a recording, told by the sound of voices.

    features.py    samples become what the voice network reads
    networks.py    the two networks: who of up to three people speaks in ten seconds, and how a voice sounds
    hearing.py     ten seconds of it: what each person says in them
    listening.py   all of it, ten seconds at a time
    clustering.py  voices that sound alike become one, in memory that does not grow with the square of the length
    counting.py    how many people there are, and how sure that is
    people.py      how each of them sounds, and which part is whose
    turns.py       windows become turns
    diarizer.py    all of it, for the rooms above

Within ten seconds the first network hears better than any clustering who speaks, in short answers too and where two
speak at once; the second tells which of its people is who from one window to the next.
"""
