"""What may be said to the coach: the words that are listened for, and how they may sound.

Phones are those of the CMU dictionary. Each word has several readings: speakers differ by where they are from, and the
words around it and the room change its edges.
"""

from __future__ import annotations

from collections.abc import Mapping

NAME = "coach"
"""Said before each command, so that talk is not taken for one."""

COMMANDS: Mapping[str, str] = {
    "pause": "pause",
    "go_on": "go-on",
    "next": "next",
    "again": "repeat",
    "slower": "slower",
    "stop": "stop",
}
"""What is said after it (an underscore is a space), and which value of ``coach.live.commands.Command`` it asks for."""

BIAS: Mapping[str, float] = {"go_on": -30.0, "slower": -15.0}
"""Nats by which a word must be likelier than the others: vowels are loud, and what has no others is heard in all."""

SOUNDS: Mapping[str, tuple[str, ...]] = {
    "coach": (
        "K OW CH",
        "K UH OW CH",
        "K IH OW CH",
        "K ER CH",
        "K Y UW CH",
        "G OW CH",
        "K OW T JH",
        "K AH UH CH",
        "K AE OW CH",
        "K EH OW SH",
    ),
    "pause": ("P AO Z", "P AA Z", "P OW Z", "B AO Z", "P AO UH Z", "P AA R Z", "P AO S"),
    "go_on": ("G OW AA N", "G OW AO N", "G ER AO N", "G UH OW AO N", "G AH W AA N"),
    "next": ("N EH K S T", "N EH K S", "N IH K S T", "N EH G S T", "N UW IH K S T"),
    "again": ("AH G EH N", "AH G EY N", "AH G IH N", "AH G Y EH N", "AA G EH AH N"),
    "slower": ("S L OW ER", "S L OW AH", "S L ER AH", "S L UH OW ER", "S W OW ER"),
    "stop": ("S T AA P", "S T AO P", "S T AA B", "S T AA UH P"),
}

LIKE_THE_NAME: Mapping[str, str] = {
    "code": "K OW D",
    "coat": "K OW T",
    "cold": "K OW L D",
    "coke": "K OW K",
    "comb": "K OW M",
    "coaching": "K OW CH IH NG",
    "coaches": "K OW CH IH Z",
    "couch": "K AW CH",
    "course": "K AO R S",
    "close": "K L OW Z",
    "catch": "K AE CH",
    "touch": "T AH CH",
    "church": "CH ER CH",
    "much": "M AH CH",
    "watch": "W AA CH",
    "go": "G OW",
    "goat": "G OW T",
    "goes": "G OW Z",
    "both": "B OW TH",
    "boats": "B OW T S",
    "toast": "T OW S T",
    "vote": "V OW T",
    "poach": "P OW CH",
    "roach": "R OW CH",
    "approach": "AH P R OW CH",
    "notes": "N OW T S",
    "don't": "D OW N T",
    "oh": "OW",
    "okay": "OW K EY",
    "no": "N OW",
    "so": "S OW",
    "the": "DH AH",
    "a": "AH",
    "my": "M AY",
    "please": "P L IY Z",
    "let's": "L EH T S",
    "what": "W AH T",
    "once": "W AH N S",
    "never": "N EH V ER",
    "try": "T R AY",
    "bus": "B AH S",
    "quote": "K W OW T",
    "crouch": "K R AW CH",
    "bit": "B IH T",
}
"""What talk may have where a command has its name: words like it, and frequent ones."""

LIKE_A_COMMAND: Mapping[str, str] = {
    "tours": "T UH R Z",
    "station": "S T EY SH AH N",
    "class": "K L AE S",
    "seat": "S IY T",
    "trip": "T R IH P",
    "him": "HH IH M",
    "help": "HH EH L P",
    "who": "HH UW",
    "paul": "P AO L",
    "cause": "K AO Z",
    "carter": "K AA R T ER",
    "week": "W IY K",
    "time": "T AY M",
    "now": "N AW",
    "nest": "N EH S T",
    "home": "HH OW M",
    "gone": "G AO N",
    "going": "G OW IH NG",
    "man": "M AE N",
    "begin": "B IH G IH N",
    "gain": "G EY N",
    "agenda": "AH JH EH N D AH",
    "slow": "S L OW",
    "slowly": "S L OW L IY",
    "lower": "L OW ER",
    "over": "OW V ER",
    "stopped": "S T AA P T",
    "step": "S T EH P",
    "top": "T AA P",
    "start": "S T AA R T",
    "said": "S EH D",
    "was": "W AA Z",
    "paw": "P AO",
    "potato": "P AH T EY T OW",
    "talk": "T AO K",
    "on": "AA N",
    "in": "IH N",
    "it": "IH T",
    "me": "M IY",
    "you": "Y UW",
    "is": "IH Z",
}
"""What talk may have after it."""

_ALL = "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH"
PHONES = tuple(_ALL.split())
"""Any of them, one after another, stand for whatever else may be said."""
