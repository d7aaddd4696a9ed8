"""Small words that belong to what follows them, by language: nobody reads "the" at the end of a line with pleasure."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class FunctionWords:
    """The small words of a language, in lower case.

    Args:
        articles: articles and other words that announce a noun.
        prepositions: what ties a noun to the sentence.
        joiners: words that begin a clause.
        leaners: pronouns, auxiliary verbs and negations, which lean on the verb after them.
    """

    articles: frozenset[str]
    prepositions: frozenset[str]
    joiners: frozenset[str]
    leaners: frozenset[str]


def _of(articles: str, prepositions: str, joiners: str, leaners: str) -> FunctionWords:
    return FunctionWords(*(frozenset(words.split()) for words in (articles, prepositions, joiners, leaners)))


_BEFORE_NAMES: Final = (
    "mr mrs ms dr prof sir lady lord saint st herr frau monsieur madame mme m señor señora sr sra don doña signor "
    "signora senhor senhora president king queen captain"
)
TITLES: Final = frozenset(_BEFORE_NAMES.split())
"""What stands before a name."""

_BY_LANGUAGE: Final = {
    "en": _of(
        "a an the this that these those my your his her its our their some any each every no another such whose",
        "of in on at by for from with into onto to about over under after before between through during without "
        "within against among across behind beyond near toward towards upon per via like than as",
        "and but or nor so yet because although though while when where whether if unless until since that which who "
        "whom then",
        "i you he she it we they is am are was were be been being do does did have has had will would shall should "
        "can could may might must not don't doesn't didn't isn't aren't wasn't weren't won't wouldn't can't couldn't "
        "i'm you're he's she's it's we're they're i've you've we've they've i'll you'll he'll she'll we'll they'll "
        "very more most too so",
    ),
    "de": _of(
        "der die das den dem des ein eine einen einem einer eines mein meine dein deine sein seine ihr ihre unser "
        "unsere euer eure dieser diese dieses diesen diesem jeder jede jedes kein keine keinen",
        "in im ins an am ans auf aus bei beim von vom zu zum zur mit nach für über unter vor hinter neben zwischen "
        "durch gegen ohne um seit während wegen bis",
        "und aber oder denn sondern weil dass ob wenn als während obwohl damit nachdem bevor",
        "ich du er sie es wir man ist bin bist sind war waren hat habe haben wird werden kann können muss müssen "
        "nicht sehr zu",
    ),
    "fr": _of(
        "le la les l' un une des du de d' mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs ce cet cette "
        "ces chaque quelques",
        "à au aux en dans sur sous par pour avec sans chez vers entre depuis pendant contre",
        "et mais ou donc or ni car que qu' qui quand si comme lorsque puisque parce où dont",
        "je j' tu il elle on nous vous ils elles ne n' se s' me m' te t' est sont a ont était pas très plus",
    ),
    "es": _of(
        "el la los las un una unos unas mi mis tu tus su sus nuestro nuestra este esta estos estas ese esa cada",
        "a al de del en con por para sin sobre entre hasta desde hacia según contra",
        "y e o u pero sino porque aunque que quien cuando donde si como mientras",
        "yo tú él ella nosotros ellos se me te le lo no es son está están ha han he muy más",
    ),
    "it": _of(
        "il lo la i gli le l' un uno una un' mio mia tuo tua suo sua nostro nostra questo questa quel quella ogni",
        "a al alla ai di del della dei delle da dal in nel nella con su sul sulla per tra fra senza verso",
        "e ed o ma però perché che chi quando dove se come mentre anche",
        "io tu lui lei noi voi loro si mi ti ci non è sono ha hanno ho molto più",
    ),
    "pt": _of(
        "o a os as um uma uns umas meu minha teu tua seu sua nosso nossa este esta esse essa cada",
        "de do da dos das em no na nos nas por pelo pela para com sem sobre entre até desde",
        "e ou mas porém porque embora que quem quando onde se como enquanto",
        "eu tu ele ela nós eles elas se me te não é são está estão há muito mais",
    ),
    "nl": _of(
        "de het een mijn jouw zijn haar ons onze hun deze dit die dat elke elk geen",
        "in op aan bij van voor naar met uit over onder tussen door tegen zonder om tot te",
        "en maar of want dus omdat dat als wanneer terwijl hoewel toen",
        "ik jij je hij zij ze wij we is ben bent zijn was waren heeft hebben wordt worden kan niet heel",
    ),
}
_NONE: Final = _of("", "", "", "")


def function_words(language: str) -> FunctionWords:
    """The small words of a language, by its BCP 47 tag; none where we know none."""
    return _BY_LANGUAGE.get(language.lower().replace("_", "-").split("-")[0], _NONE)
