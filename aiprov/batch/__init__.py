"""The engine: plan, run, resume, stop. Ignorant of audio and of AI."""
