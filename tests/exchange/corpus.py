"""Files as they arrive, each with what must become of every record: (line, email as shown, action), written by hand."""

from __future__ import annotations

from typing import NamedTuple

from tests.exchange.books import Day, xlsx

Outcome = tuple[int, str, str]


class Case(NamedTuple):
    name: str
    data: bytes
    outcomes: list[Outcome]
    encoding: str = "utf-8"
    delimiter: str = ";"
    file: str = "contacts.csv"


CASES = [
    Case(
        "a French Excel export in cp1252",
        "Prénom;Nom;Courriel;Collectivité\r\nÉlodie;Lefèvre;e.lefevre@ville.fr;Ville de l’Île\r\n".encode("cp1252"),
        [(2, "e.lefevre@ville.fr", "accept")],
        encoding="cp1252",
    ),
    Case(
        "UTF-8 with a byte order mark",
        "\ufeffemail;prénom\r\na@ville.fr;Zoé\r\n".encode(),
        [(2, "a@ville.fr", "accept")],
        encoding="utf-8-sig",
    ),
    Case(
        "Excel's Unicode text: UTF-16 with tabs",
        "E-mail\tNom\r\na@ville.fr\tÉmile\r\n".encode("utf-16"),
        [(2, "a@ville.fr", "accept")],
        encoding="utf-16-le",
        delimiter="\t",
    ),
    Case(
        "UTF-16 big endian without a mark",
        "email,nom\na@ville.fr,Émile\n".encode("utf-16-be"),
        [(2, "a@ville.fr", "accept")],
        encoding="utf-16-be",
        delimiter=",",
    ),
    Case(
        "UTF-16 little endian without a mark, cut in the middle of a character",
        "email,nom\na@ville.fr,Émile\n".encode("utf-16-le") + b"b",
        [(2, "a@ville.fr", "accept"), (3, "\ufffd", "reject")],
        encoding="utf-16-le",
        delimiter=",",
    ),
    Case(
        "two exports pasted together: UTF-8 lines and cp1252 lines",
        "email;prénom\na@ville.fr;Zoé\n".encode() + "b@ville.fr;Noël\n".encode("cp1252"),
        [(2, "a@ville.fr", "accept"), (3, "b@ville.fr", "accept")],
        encoding="utf-8+cp1252",
    ),
    Case(
        "an old Mac: CR line ends and its own accents",
        "Prénom;Courriel\rÉlodie;a@ville.fr\rHélène;b@ville.fr\r".encode("mac_roman"),
        [(2, "a@ville.fr", "accept"), (3, "b@ville.fr", "accept")],
        encoding="mac_roman",
    ),
    Case(
        "a DOS program's accents",
        "Prénom;Courriel\r\nHélène;a@ville.fr\r\n".encode("cp850"),
        [(2, "a@ville.fr", "accept")],
        encoding="cp850",
    ),
    Case(
        "a sep= line wins over every guess",
        b"sep=|\r\nemail|nom, prenom; titre\r\na@ville.fr|Blanc, Zoe; Mme\r\n",
        [(3, "a@ville.fr", "accept")],
        delimiter="|",
    ),
    Case(
        "lines before the header",
        "Liste des abonnés\nExport du 12/03/2025;;\n\nNom;Prénom;Adresse e-mail\nBlanc;Zoé;a@ville.fr\n".encode(),
        [(5, "a@ville.fr", "accept")],
    ),
    Case("no header", b"a@ville.fr\nb@ville.fr\n", [(1, "a@ville.fr", "accept"), (2, "b@ville.fr", "accept")]),
    Case(
        "no header, the address in the second of two columns",
        b"Blanc,a@ville.fr\nRoux,b@ville.fr\n",
        [(1, "a@ville.fr", "accept"), (2, "b@ville.fr", "accept")],
        delimiter=",",
    ),
    Case(
        "a header that only speaks of mail",
        "Élu;Mail de l’élu\nBlanc;a@ville.fr\n".encode(),
        [(2, "a@ville.fr", "accept")],
    ),
    Case(
        "Brevo: a blacklist flag",
        b"CONTACT ID;EMAIL;FIRSTNAME;LASTNAME;EMAIL_BLACKLISTED\n1;a@ville.fr;Zoe;Blanc;false\n2;b@ville.fr;;;true\n",
        [(2, "a@ville.fr", "accept"), (3, "b@ville.fr", "suppress")],
    ),
    Case(
        "Mailchimp: subscribed",
        b'"Email Address","First Name",MEMBER_RATING,OPTIN_TIME\n"a@ville.fr","Zoe",2,"2023-05-12 09:11:23"\n',
        [(2, "a@ville.fr", "accept")],
        delimiter=",",
        file="subscribed_members_export_1a2b3c.csv",
    ),
    Case(
        "Mailchimp: unsubscribed, known by its dates",
        b'"Email Address",UNSUB_TIME,UNSUB_REASON\na@ville.fr,"2023-05-12 09:11:23","N/A"\n',
        [(2, "a@ville.fr", "suppress")],
        delimiter=",",
    ),
    Case(
        "Mailchimp: cleaned, known by the name of the file",
        b'"Email Address","First Name"\na@ville.fr,Zoe\n',
        [(2, "a@ville.fr", "suppress")],
        delimiter=",",
        file="cleaned_members_export_1a2b3c.csv",
    ),
    Case(
        "Mailjet: excluded from campaigns",
        b"email,name,IsExcludedFromCampaigns\na@ville.fr,Zoe,False\nb@ville.fr,Paul,True\n",
        [(2, "a@ville.fr", "accept"), (3, "b@ville.fr", "suppress")],
        delimiter=",",
    ),
    Case(
        "listmonk: JSON in a column, statuses of its own",
        b'email,name,attributes,status\na@ville.fr,Zoe,"{""v"": ""Lille""}",enabled\nb@ville.fr,Paul,{},blocklisted\n',
        [(2, "a@ville.fr", "accept"), (3, "b@ville.fr", "suppress")],
        delimiter=",",
    ),
    Case(
        "statuses in French, with inclusive writing and dates",
        "email;statut\na@ville.fr;Abonné·e\nb@ville.fr;désinscrit(e)\nc@ville.fr;Désabonnée le 12/03/2024\n"
        "d@ville.fr;NPAI\ne@ville.fr;plainte\nf@ville.fr;à relancer\ng@ville.fr;En attente\n".encode(),
        [
            (2, "a@ville.fr", "accept"),
            (3, "b@ville.fr", "suppress"),
            (4, "c@ville.fr", "suppress"),
            (5, "d@ville.fr", "suppress"),
            (6, "e@ville.fr", "suppress"),
            (7, "f@ville.fr", "review"),
            (8, "g@ville.fr", "review"),
        ],
    ),
    Case(
        "unsubscribed further down beats subscribed further up, whatever the capitals",
        b"email;status\nA@Ville.fr;subscribed\nb@ville.fr;subscribed\na@ville.fr;unsubscribed\n",
        [(2, "A@Ville.fr", "suppress"), (3, "b@ville.fr", "accept"), (4, "a@ville.fr", "suppress")],
    ),
    Case(
        "the same person three times, once with another spelling of the domain",
        "email;nom\na@bücher.de;Un\na@xn--bcher-kva.de;Deux\nA@BÜCHER.DE;Trois\n".encode(),
        [(2, "a@bücher.de", "accept"), (3, "a@xn--bcher-kva.de", "merge"), (4, "A@BÜCHER.DE", "merge")],
    ),
    Case(
        "addresses that look equal and are not",
        "email\nmike@ville.fr\nmıke@ville.fr\nmike+x@ville.fr\nmike@vіlle.fr\n".encode(),
        [
            (2, "mike@ville.fr", "accept"),
            (3, "mıke@ville.fr", "review"),
            (4, "mike+x@ville.fr", "accept"),
            (5, "mike@vіlle.fr", "review"),
        ],
    ),
    Case(
        "quoted cells with delimiters, quotes and line ends",
        b'nom;adresse;email\r\n"Blanc; Zoe";"1, rue ""A""\r\n59000 Lille";a@ville.fr\r\nRoux;;b@ville.fr\r\n',
        [(2, "a@ville.fr", "accept"), (4, "b@ville.fr", "accept")],
    ),
    Case(
        "an unclosed quote costs its own line and no other",
        b'nom;email\n"Blanc;a@ville.fr\nRoux;b@ville.fr\nVert;c@ville.fr\n',
        [(2, "a@ville.fr", "review"), (3, "b@ville.fr", "accept"), (4, "c@ville.fr", "accept")],
    ),
    Case(
        "an unclosed quote before a quoted row",
        b'nom;email\n"Blanc;a@ville.fr\n"Roux";b@ville.fr\n"Vert";c@ville.fr\n',
        [(2, "a@ville.fr", "review"), (3, "b@ville.fr", "accept"), (4, "c@ville.fr", "accept")],
    ),
    Case(
        "an unclosed quote that another row happens to close is not swallowed in silence",
        b'nom;email\n"Blanc;a@ville.fr\nRoux";b@ville.fr\nVert;c@ville.fr\n',
        [(2, "b@ville.fr", "review"), (4, "c@ville.fr", "accept")],
    ),
    Case(
        "a quote in the middle of a cell is a letter like another",
        b'nom;email\nEcran 12" TV;a@ville.fr\nRoux;b@ville.fr\n"Zoe" dite "Z";c@ville.fr\n',
        [(2, "a@ville.fr", "accept"), (3, "b@ville.fr", "accept"), (4, "c@ville.fr", "accept")],
    ),
    Case(
        "two columns of one name: the first that is filled",
        b"email;nom;email\na@ville.fr;Blanc;b@ville.fr\n;Roux;c@ville.fr\n",
        [(2, "a@ville.fr", "accept"), (3, "c@ville.fr", "accept")],
    ),
    Case(
        "short rows, and rows with more cells than the header",
        b"email;nom;role\na@ville.fr\nb@ville.fr;Roux;maire;;\nc@ville.fr;Vert;maire;de;trop\n",
        [(2, "a@ville.fr", "accept"), (3, "b@ville.fr", "accept"), (4, "c@ville.fr", "review")],
    ),
    Case(
        "empty rows, comments, totals and a header again are no people",
        b"nom;email\n\n;\n# a verifier\nBlanc;a@ville.fr\nNom;Email\nTotal : 12;\nNombre d'abonnes;12\n\n\n",
        [
            (2, "", "ignore"),
            (3, "", "ignore"),
            (4, "", "ignore"),
            (5, "a@ville.fr", "accept"),
            (6, "Email", "ignore"),
            (7, "", "ignore"),
            (8, "12", "ignore"),
        ],
    ),
    Case(
        "what is no address is rejected, repaired where that is certain, asked where it is not, line by line",
        b"email;nom\nzoe;Blanc\na@ville;Roux\na@ville.fr, b@ville.fr;Vert\n{{7*7}}@ville.fr;X\n-oX@ville.fr;Y\n"
        b"a@[127.0.0.1];Z\n;Gris\na b@ville.fr;Noir\na@ville,fr;Brun\nj@mairie.local;Rose\n",
        [
            (2, "zoe", "reject"),
            (3, "a@ville", "reject"),
            (4, "a@ville.fr", "review"),
            (4, "b@ville.fr", "review"),
            (5, "{{7*7}}@ville.fr", "reject"),
            (6, "-oX@ville.fr", "reject"),
            (7, "a@[127.0.0.1]", "reject"),
            (8, "", "reject"),
            (9, "ab@ville.fr", "review"),
            (10, "a@ville.fr", "accept"),
            (11, "j@mairie.local", "reject"),
        ],
    ),
    Case(
        "slips of the keyboard are for a human",
        b"email\na@gmial.com\nb@orange.frr\nc@wanado.fr\nd@hotmial.com\ne@gmail.com\n",
        [
            (2, "a@gmial.com", "review"),
            (3, "b@orange.frr", "review"),
            (4, "c@wanado.fr", "review"),
            (5, "d@hotmial.com", "review"),
            (6, "e@gmail.com", "accept"),
        ],
    ),
    Case(
        "what copying and pasting leaves around an address",
        "email\n\u00a0a@ville.fr \nmailto:b@ville.fr\n\u200bc@ville.fr\ufeff\nZoé Blanc <d@ville.fr>\n".encode(),
        [
            (2, "a@ville.fr", "accept"),
            (3, "b@ville.fr", "accept"),
            (4, "c@ville.fr", "accept"),
            (5, "d@ville.fr", "accept"),
        ],
    ),
    Case(
        "a name that is another address deceives",
        b'email\n"legit@ville.fr <autre@evil.fr>"\n',
        [(2, "legit@ville.fr <autre@evil.fr>", "reject")],
    ),
    Case(
        "formulas are text, and our own protection is taken off",
        b"email;nom;telephone\na@ville.fr;=1+1;'+33 3 20 97 17 97\n",
        [(2, "a@ville.fr", "accept")],
    ),
    Case(
        "a NUL and a line end inside an address",
        b'email;nom\na\0@ville.fr;Blanc\n"b@ville.fr\nBcc: c@ville.fr";Roux\nd@ville.fr;Vert\n',
        [
            (2, "a@ville.fr", "reject"),
            (3, "b@ville.fr Bcc: c@ville.fr", "reject"),
            (5, "d@ville.fr", "accept"),
        ],
    ),
    Case(
        "a cell longer than the csv module takes",
        b'nom;email\n"' + b"x" * 200_000 + b'";a@ville.fr\nRoux;b@ville.fr\n',
        [(2, "a@ville.fr", "accept"), (3, "b@ville.fr", "accept")],
    ),
    Case(
        "a workbook with numbers, dates and a second sheet",
        xlsx(
            [["Email", "Code postal", "Inscrit le"], ["a@ville.fr", 59000, Day(45363)], ["b@ville.fr"]],
            [["Notes"], ["rien"]],
        ),
        [(2, "a@ville.fr", "accept"), (3, "b@ville.fr", "accept")],
        encoding="xlsx",
        delimiter="",
        file="contacts.xlsx",
    ),
    Case(
        "a workbook renamed .csv, its table on the second sheet under a title",
        xlsx(
            [["Mode d’emploi"]],
            [["Abonnés"], [], ["Nom", "Courriel"], ["Blanc", "a@ville.fr"], [None, None], ["Roux", "b"]],
        ),
        [(4, "a@ville.fr", "accept"), (5, "", "ignore"), (6, "b", "reject")],
        encoding="xlsx",
        delimiter="",
    ),
    Case("a header and nothing else", b"email;nom\r\n", []),
]
