"""French."""

from typing import Final

from cutroom.highlights.lexicons.lexicon import Lexicon, lexicon

FRENCH: Final[Lexicon] = lexicon(
    stop="""à ai aller après as au aussi autre aux avait avant avec avoir bien c'est ça ce cela ces cet cette ceux
        chez comme d dans de des dit dire donc du elle en encore entre est et était être eu faire fait faut il ils j
        j'ai je jusque l la le les leur leurs lui ma mais me même mes moi moins mon n ne nos notre nous on ont ou où
        par parce pas peu peut plus pour pouvoir qu qu'il quand que qui s sa sans se ses si son sont sous sur ta te
        tes toi ton tous tout toute toutes très tu un une va vers veut voilà voir vos votre vous y""",
    fillers="euh,hein,bah,ben,quoi,tu vois,vous voyez,en fait,disons,genre",
    hanging="""et ou ni car parce donc or il elle ils elles lui leur eux mais aussi puis alors ensuite pourtant
        cependant sinon d'ailleurs lequel laquelle dont""",
    leaning="ça cela ce cette ces celui celle ceci c'est là alors bon",
    freeing="est était que qui pourquoi comment quand je nous vous aujourd'hui imaginez le la les un une",
    asking="pourquoi comment quand où qui que quoi quel quelle quels quelles combien est-ce qu'est-ce",
    inverting="""avez-vous êtes-vous savez-vous pouvez-vous as-tu es-tu sais-tu peux-tu y-a-t-il faut-il peut-on
        est-il""",
    subjects="je tu il elle on nous vous ils elles",
    tags="hein non oui d'accord ok pas voilà",
    extremes="""meilleur meilleure meilleurs pire pires jamais toujours personne rien tous tout toutes chaque seul
        seule premier première dernier dernière impossible totalement complètement absolument incroyablement unique
        extrême""",
    turns="""mais,pourtant,cependant,au contraire,en réalité,en fait,plutôt,sauf,malgré,soudain,tout à coup,
        le problème,bien que,jusqu'à,faux,mythe,au lieu,contrairement""",
    feelings="""amour aime aimé adore déteste haine peur terrifié colère furieux pleuré pleurer larmes rire ri drôle
        choqué choquant incroyable magnifique merveilleux horrible terrible affreux douleur fier fierté honte gêné
        excité heureux heureuse triste seul désespéré espoir joie catastrophe cauchemar rêve fou folle génial
        stupide courage mort mourir échec échoué perdu cassé sauvé survécu regret miracle passion panique""",
    address="vous votre vos tu te toi ton ta tes",
    reveals="""la vérité,le secret,secret,erreur,l'erreur,leçon,et si,imaginez,imagine,la raison,j'ai appris,
        j'ai découvert,j'ai compris,la clé,l'astuce,la réponse,personne ne,je me souviens,un jour,la plupart,
        tout le monde pense,il s'avère,le moment où,pour la première fois,la question est,histoire,surprise,conseil,
        plus jamais,je n'oublierai jamais""",
    markers="""maintenant,ensuite,premièrement,deuxièmement,d'abord,enfin,pour finir,passons,parlons,autre chose,
        le prochain,au fait,pour commencer,aujourd'hui,bienvenue""",
    endings="c'est pourquoi,voilà pourquoi,au final,finalement,en somme,bref,en résumé,en conclusion,depuis ce jour",
    numbers="""deux trois quatre cinq six sept huit neuf dix onze douze vingt trente quarante cinquante
        soixante cent cents mille million millions milliard milliards pour-cent pourcent moitié quart douzaine
        double triple""",
    wishes="""moments moment passages passage extraits extrait clips clip parties partie trouve trouver trouvez
        montre montrez donne sur où parle parlent parler meilleurs intéressants sujet sujets""",
    funny="drôle drôles rire rires marrant humour blague blagues comique",
)
