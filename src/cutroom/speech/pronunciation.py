"""How an English word is said that no dictionary has: letter-to-sound rules.

The rules are those of Elovitz, Johnson, McHugh and Shore, "Automatic Translation of English Text to Phonetics by Means
of Letter-to-Sound Rules", Naval Research Laboratory, Report 7948, 1976 (in the public domain), without those for single
common words, which dictionaries have. Phones are those of the CMU dictionary, without stress.
"""

import re
import unicodedata
from functools import cache
from typing import Final

_CLASSES: Final = {
    "#": "[AEIOUY]+",
    ":": "[BCDFGHJKLMNPQRSTVWXZ]*",
    "^": "[BCDFGHJKLMNPQRSTVWXZ]",
    ".": "[BDVGJLMNRWZ]",
    "+": "[EIY]",
    "%": "(?:ERS?|ES|ED|ELY|ING|E)(?![A-Z])",
    "&": "(?:[SCGZXJ]|CH|SH)",
    "@": "(?:[TSRDLZNJ]|TH|CH|SH)",
    " ": "(?![A-Z'])",
}
"""What the signs of a rule's surroundings stand for (section 3 of the report); a space is an end of the word."""
_RULES: Final = """
A [A] =AH; [AR]O=AH R; [AR]#=EH R; ^[AS]#=EY S; [A]WA=AH; [AW]=AO;  :[ANY]=EH N IY; [A]^+#=EY; #:[ALLY]=AH L IY
A  [AL]#=AH L; [AGAIN]=AH G EH N; #:[AG]E=IH JH; [A]^+:#=AE;  :[A]^+ =EY; [A]^%=EY;  [ARR]=AH R; [ARR]=AE R
A  :[AR] =AA R; [AR] =ER; [AR]=AA R; [AIR]=EH R; [AI]=EY; [AY]=EY; [AU]=AO; #:[AL] =AH L; #:[ALS] =AH L Z; [ALK]=AO K
A [AL]^=AO L;  :[ABLE]=EY B AH L; [ABLE]=AH B AH L; [ANG]+=EY N JH; [A]=AE
B  [BE]^#=B IH; [BEING]=B IY IH NG;  [BUS]#=B IH Z; [BUIL]=B IH L; [BB]=B; [B]=B
C  [CH]^=K; ^E[CH]=K; [CH]=CH;  S[CI]#=S AY; [CI]A=SH; [CI]O=SH; [CI]EN=SH; [CC]+=K S; [CC]=K; [C]+=S; [CK]=K
C [COM]%=K AH M; [C]=K
D #:[DED] =D IH D; .E[D] =D; #:^E[D] =T;  [DE]^#=D IH; [DU]A=JH UW; [DD]=D; [D]=D
E #:[E] =; ':^[E] =;  :[E] =IY; #[ED] =D; #:[E]D =; [EV]ER=EH V; [E]^%=IY; [ERI]#=IY R IY; [ERI]=EH R IH; #:[ER]#=ER
E [ER]#=EH R; [ER]=ER; #:[E]W=; @[EW]=UW; [EW]=Y UW; [E]O=IY; #:&[ES] =IH Z; #:[E]S =; #:[ELY] =L IY
E #:[EMENT]=M EH N T; [EFUL]=F UH L; [EE]=IY; [EARN]=ER N;  [EAR]^=ER; [EAD]=EH D; #:[EA] =IY AH; [EA]SU=EH; [EA]=IY
E [EIGH]=EY; [EI]=IY; [EY]=IY; [EU]=Y UW; [E]=EH
F [FUL]=F UH L; [FF]=F; [F]=F
G [GIV]=G IH V;  [G]I^=G; [GE]T=G EH; [GG]=G;  B#[G]=G; [G]+=JH; [GREAT]=G R EY T; #[GH]=; [GN] =N; [GH]=G; [G]=G
H  [HOUR]=AW ER; [H]#=HH; [H]=
I  [IN]=IH N;  [I] =AY; [IND]=AY N D; [IER]=IY ER; #:R[IED]=IY D; [IED] =AY D; [IEN]=IY EH N; [IE]T=AY EH;  :[I]%=AY
I [I]%=IY; [IE]=IY; [I]^+:#=IH; [IR]#=AY R; [IZ]%=AY Z; [IS]%=AY Z; [I]D%=AY; +^[I]^+=IH; [I]T%=AY; #:^[I]^+=IH
I [I]^+=AY; [IR]=ER; [IGH]=AY; [ILD]=AY L D; [IGN] =AY N; [IGN]^=AY N; [IGN]%=AY N; [IQUE]=IY K; [I]=IH
J [J]=JH
K  [K]N=; [K]=K
L [LO]C#=L OW; L[L]=; #:^[L]%=AH L; [LEAD]=L IY D; [L]=L
M [MOV]=M UW V; [MM]=M; [M]=M
N E[NG]+=N JH; [NG]R=NG G; [NG]#=NG G; [NGL]%=NG G AH L; [NG]=NG; [NK]=NG K; [NN]=N; [N]=N
O [OF] =AH V; [OROUGH]=ER OW; #:[OR] =ER; #:[ORS] =ER Z; [OR]=AO R; [OW]=OW;  [OVER]=OW V ER; [OV]=AH V; [O]^%=OW
O [O]^EN=OW; [O]^I#=OW; [OL]D=OW L; [OUGHT]=AO T; [OUGH]=AH F;  [OU]=AW; H[OU]S#=AW; [OUS]=AH S; [OUR]=AO R
O [OULD]=UH D; ^[OU]^L=AH; [OUP]=UW P; [OU]=AW; [OY]=OY; [OING]=OW IH NG; [OI]=OY; [OOR]=AO R; [OOK]=UH K; [OOD]=UH D
O [OO]=UW; [O]E=OW; [O] =OW; [OA]=OW; C[O]N=AA; [O]NG=AO;  :^[O]N=AH; I[ON]=AH N; #:[ON] =AH N; #^[ON]=AH N
O [O]ST =OW; [OF]^=AO F; [OTHER]=AH DH ER; [OSS] =AO S; #:^[OM]=AH M; [O]=AA
P [PH]=F; [PEOP]=P IY P; [POW]=P AW; [PP]=P;  [PS]=S;  [PN]=N; [P]=P
Q [QUAR]=K W AO R; [QUE] =K; [QU]=K W; [Q]=K
R  [RE]^#=R IY; [RR]=R; [R]=R
S [SH]=SH; #[SION]=ZH AH N; [SOME]=S AH M; #[SUR]#=ZH ER; [SUR]#=SH ER; #[SU]#=ZH UW; #[SSU]#=SH UW; #[SED] =Z D
S #[S]#=Z; ^[SION]=SH AH N; [S]S=; .[S] =Z; #:.E[S] =Z; #:^##[S] =Z; #:^#[S] =S; U[S] =S;  :#[S] =Z;  [SCH]=S K
S [S]C+=; #[SM]=Z AH M; [S]=S
T [THER]=DH ER; [THROUGH]=TH R UW; [TH]=TH; #:[TED] =T IH D; S[TI]#N=CH; [TI]O=SH; [TI]A=SH; [TIEN]=SH AH N
T [TUR]#=CH ER; [TU]A=CH UW; [TCH]=CH; [TT]=T; [T]=T
U  [UN]I=Y UW N;  [UN]=AH N; @[UR]#=UH R; [UR]#=Y UH R; [UR]=ER; [U]^ =AH; [U]^^=AH; [UY]=AY;  G[U]#=; G[U]%=; G[U]#=W
U #N[U]=Y UW; @[U]=UW; [U]=Y UW
V [VIEW]=V Y UW; [V]=V
W [WA]S=W AA; [WA]T=W AA; [WHOL]=HH OW L; [WHO]=HH UW; [WH]=W; [WAR]=W AO R; [WOR]^=W ER; [WR]=R; [W]=W
X  [X]=Z; [X]=K S
Y  [Y]=Y; #:^[Y] =IY; #:^[Y]I=IY;  :[Y] =AY;  :[Y]#=AY;  :[Y]^+:#=IH;  :[Y]^#=AY; [Y]=IH
Z [ZZ]=Z; [Z]=Z
' [']=
"""
_NAMES: Final = {
    "A": "EY", "B": "B IY", "C": "S IY", "D": "D IY", "E": "IY", "F": "EH F", "G": "JH IY", "H": "EY CH", "I": "AY",
    "J": "JH EY", "K": "K EY", "L": "EH L", "M": "EH M", "N": "EH N", "O": "OW", "P": "P IY", "Q": "K Y UW",
    "R": "AA R", "S": "EH S", "T": "T IY", "U": "Y UW", "V": "V IY", "W": "D AH B AH L Y UW", "X": "EH K S",
    "Y": "W AY", "Z": "Z IY",
}  # fmt: skip
_VOWEL: Final = re.compile("[AEIOUY]")


def phones(word: str) -> str:
    """Phones of a word, apart by spaces; empty when it has no letter of the Latin alphabet.

    A word in capitals without a vowel, or of up to three letters, is spelled: `BBC`, `USA`.
    """
    letters = plain(word)
    bare = letters.replace("'", "")
    if bare and bare.isupper() and (len(bare) <= 3 or not _VOWEL.search(bare)):
        return spelled(bare)
    found = _sounds(letters.upper())
    return " ".join(found) or spelled(bare.upper())


def spelled(letters: str) -> str:
    """The names of letters."""
    return " ".join(_NAMES[letter] for letter in letters.upper() if letter in _NAMES)


def plain(word: str) -> str:
    """A word in letters A to Z and apostrophes alone, without accents."""
    straight = word.replace("\u2019", "'")
    return "".join(
        char for char in unicodedata.normalize("NFKD", straight) if char.isascii() and (char.isalpha() or char == "'")
    )


def _sounds(word: str) -> list[str]:
    found: list[str] = []
    at = 0
    while at < len(word):
        for before, letters, after, said in _table()[word[at]]:
            end = at + len(letters)
            if word.startswith(letters, at) and after.match(word, end) and before.search(word[:at]):
                found += said
                at = end
                break
        else:
            at += 1
    return found


@cache
def _table() -> dict[str, list[tuple[re.Pattern[str], str, re.Pattern[str], list[str]]]]:
    """Rules by first letter, in order; the surroundings as patterns."""
    table: dict[str, list[tuple[re.Pattern[str], str, re.Pattern[str], list[str]]]] = {}
    for line in _RULES.strip("\n").split("\n"):
        for rule in line[2:].split(";"):
            match = re.fullmatch(r" ?( ?[^\[]*)\[([A-Z']+)\]([^=]*)=(.*)", rule if rule.startswith(" ") else f" {rule}")
            if match is None:
                raise ValueError(f"this is no rule: {rule!r}")
            before, letters, after, said = match.groups()
            entry = (_before(before), letters, re.compile(_pattern(after)), said.split())
            table.setdefault(line[0], []).append(entry)
    return table


def _before(signs: str) -> re.Pattern[str]:
    """What stands before; a space, which can only come first, is the beginning of the word."""
    return re.compile(f"{'^' if signs.startswith(' ') else ''}{_pattern(signs.lstrip(' '))}$")


def _pattern(signs: str) -> str:
    return "".join(_CLASSES.get(sign, sign) for sign in signs)
