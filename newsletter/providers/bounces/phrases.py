"""The words by which mail systems say why they refuse: one pattern per meaning, for folded text on one line.

Collected from the answers of Postfix, Exim, Sendmail, qmail, Courier, OpenSMTPD, Exchange, Domino, GroupWise and
IronPort and from what the operators publish; `fold` has taken accents and capitals off before they are searched.
"""

from __future__ import annotations

from newsletter.providers.bounces.text import one_of

_PERSON = r"(?:user|recipient|mailbox|mail ?box|address(?:ee)?|account|e-?mail account|alias|person|local ?part)"
_PERSONNE = r"(?:utilisateur|destinataire|adresse|boite(?: aux lettres)?|compte)"

# The refusal is of the sender, of the client or of the session: it says nothing of the person written to.
SENDER = one_of(
    r"(?:sender|envelope from|return.?path|reverse.?path|emetteur|expediteur)(?:'s)?(?: e-?mail)?(?: address)?"
    r"(?: <[^<>]{0,320}>)?(?: is)?(?: has been)? ?:? ?"
    r"(?:rejected|denied|refused|refuse|invalide?|blocked|not allowed|not exist|unknown|verif\w+)",
    r"(?:invalid|unknown|bad|forged|unverified|blocked|fake|unauthorized) (?:outbound )?(?:sender|return.?path)",
    r"domain of (?:the )?sender(?:'s)? (?:address )?|sender(?:'s)? domain\b|domaine de l'(?:expediteur|emetteur)",
    r"sender verif\w+ fail|verify (?:the )?sender|sender callout|callback .{0,30}sender|no (?:mx|a) record "
    r".{0,30}sender",
    r"(?:from|sender) address .{0,60}(?:does not exist|n'existe pas|not exist)",
    r"mail from .{0,80}(?:rejected|denied|refused|not allowed|not exist)",
    r"your (?:domain|host|server|hostname|ip|mail server|email address is) .{0,60}"
    r"(?:does not exist|not exist|not found|unknown|invalid|not resolve|blocked|rejected)",
    r"(?:helo|ehlo)\b.{0,60}(?:reject|invalid|unknown|not found|bad|host not|resolve|refused)|"
    r"invalid (?:helo|ehlo)|bad helo",
)
# The answer was to MAIL FROM, to the greeting or to the connection, so the recipient had not been named yet.
EARLY_STAGE = one_of(
    r"in reply to (?:mail from|ehlo|helo|initial server greeting)",
    r"(?:after|response to|response from|reply to) (?:pipelined )?(?:mail from|ehlo|helo|initial connection)",
    r"error (?:from remote (?:mail )?server )?(?:for|after) (?:mail from|helo|ehlo|mail command)",
    r">>> ?mail from:[^>]{0,320}>[^<>]{0,90}<<< ?[45]\d\d",
    r"greeting failed|refused to talk to me",
)
RECIPIENT_STAGE = one_of(
    r"(?:in reply to|after|response to|error for) (?:pipelined )?rcpt to", r">>> ?rcpt to:[^\n]{0,340}<<< ?5\d\d"
)
RATE = one_of(
    r"too many (?:recipients|messages|e?-?mails|mails|connections|sessions|errors|concurrent|invalid|deliveries|hops)",
    r"trop de (?:connexions|messages|destinataires|mails)|rate.?limit|\bthrottl|receiving mail (?:too quickly|at a "
    r"rate)",
    r"(?:daily|hourly|sending|message|recipients?|mail) (?:\w+ )?(?:quota|limit)s? (?:\w+ )?(?:has been |is |was )?"
    r"(?:exceeded|reached)",
    r"exceed\w* (?:the |your |its |their |a )?(?:\w+ ){0,3}(?:rate|sending limit|message limit|messages per|hourly|"
    r"daily|recipients? per|connections?)",
    r"(?:per|this|each|an?|last) hour\b.{0,40}(?:exceed|limit)|(?:messages|recipients|mails|connections) (?:per|"
    r"this|an) "
    r"(?:hour|day|minute|connection|session)",
    r"unusual rate|resources restricted",
)
PATIENCE = one_of(r"too many (?:connections|sessions|errors|invalid|concurrent)|trop de connexions|\bspam")
FULL = one_of(
    r"over ?-?(?:the )?(?:\w+ )?quota|out of quota|quota (?:violation|full|usage exceeded|exceeded|depasse|atteint)",
    r"(?:exceed\w*|over|reached|beyond|above)[^\n]{0,40} (?:quota|storage|allowed size|size limit|space limit|capacity|"
    r"mailbox (?:size|limit|space))",
    r"(?:mail ?box|inbox|mail ?folder|mail drop|maildrop|account|user|recipient|home directory|storage)\b"
    r"[^\n]{0,60}(?: is | are |: | )(?:almost |too )?full\b",
    r"\bfull (?:mailbox|inbox|mail ?folder)|(?:mail)?box ?full|\bdisk (?:is )?full|boite\b[^\n]{0,50} (?:pleine|"
    r"saturee)",
    r"mail ?box (?:has |size )?exceed|exceed\w* (?:its |their |the )?(?:mail ?box|max\w*|allowed|disk|size)",
    r"storage (?:space|limit|quota|allocation)|insufficient (?:system |disk |mailbox )?(?:storage|space)|"
    r"not enough (?:storage|disk|space)|no space left|out of (?:disk )?space|not have enough (?:\w+ )?space|"
    r"insufficient[^\n]{0,20} space|without (?:enough )?space|espacio en|sin espacio|casilla agotad",
    r"quota (?:de |du )?(?:disque|stockage)|espace (?:disque|de stockage)? ?insuffisant|"
    r"(?:mailbox|mail) (?:size )?limit (?:exceeded|reached)|storage capacity|(?:disk|message|messages) quota",
)
LATER = one_of(
    r"gr[ea]y ?-?list|come back in|please wait|essayer plus tard",
    r"(?:not yet been|will be|being) (?:delivered|retried)|remise (?:est )?retardee|keep trying|will continue to try",
    r"hop count|mail(?:ing)? loop|loops? back to|routing loop|too many hops",
    r"(?:connection|operation|conversation|connect)\w* (?:\w+ )?(?:timed out|refused|reset|lost|dropped)",
    r"time(?:d)?[ -]?out|no (?:route|answer) (?:to|from) host|network is unreachable|not responding",
    r"(?:message|delivery|queue|retry) (?:time|expired|timeout)|expired|wasn't able to establish an smtp connection",
    r"(?:been|was) in the queue too long|too old|time limit|retry timeout exceeded|still (?:undelivered|being)",
)
AGAIN = one_of(
    r"temporar\w+[^\n]{0,30} (?:error|failure|problem|rejected|deferred|unable)|temporarily (?:unavailable|deferred)",
    r"try (?:it )?(?:again )?later|again later|try again|please retry|server (?:is )?busy|service (?:not|un)available",
)
# A name server that could not answer: the domain may well exist.
NO_ANSWER = one_of(
    r"not found,? try again|try again[^\n]{0,20} name|temporary (?:lookup|dns|name)|name server:? timeout"
)
# Named services and words that are about a list of senders, an IP address or a proof of origin.
BLOCK_LIST = one_of(
    r"spamhaus|spamcop|sorbs|barracuda(?:central| reputation)|proofpoint|senderbase|senderscore|mimecast|uceprotect|"
    r"cloudmark|abusix|invaluement|trendmicro|mail-abuse|backscatterer|abuseat|surriel|njabl|psbl|\bdnsw?l\b|\bd?nsbl|"
    r"\brbls?\b|query/bl|[?&]ip=",
    r"block(?:ed)?[ -]?list|black[ -]?list|blocked (?:using|by|for|due|because)|blocklist|deny ?list|"
    r"client host (?:\S+ )?(?:rejected|blocked)|network (?:is )?not allowed",
    r"(?:your|sending|client|source|connecting|from) (?:mail server )?ip(?: address)?\b|adresse ip|\bip address\b",
    r"reverse (?:dns|lookup|ptr)|\bptr\b|\brdns\b|cannot find your (?:reverse )?hostname|no reverse",
)
ABOUT_US = one_of(
    r"\bspam|unsolicited|user complaints|reputation|\bugly\b|\bjunk\b|\bubes?\b|\bbulk (?:mail|e-?mail)",
    r"\bspf\b|\bdkim\b|\bdmarc\b|(?:un|not )authenticated|non authentifie|authentication (?:required|fail|checks)|"
    r"not (?:rfc|compliant)|rfc ?\d{4}",
    r"\bpolicy\b|\bpolicies\b|\bvirus|malware|content[ -](?:rejected|filter|restriction|not allowed)|\bbanned\b|"
    r"\blisted (?:at|by|in|on)\b|attachment|phishing|suspicious|malicious|forbidden|prohibited|filtered",
    r"not permitted to relay|(?:relay|relaying|relais)(?: (?:access|not))? ?(?:denied|permitted|prohibited|refused|"
    r"not allowed|is not allowed)|unable to relay|(?:not|don't|do not|no) (?:\w+ )?relay|relaying denied|"
    r"not (?:an )?(?:open )?relay|we do not relay|not (?:a )?gateway|rcpthosts",
    r"(?:service|mail|message) (?:refuse|rejete|blocked|denied|rejected)|(?:rejected|refused|denied) by (?:\w+ )?"
    r"(?:filter|policy|administrator|security|content|rule|server|the recipient)",
    r"(?:message|mail)\b[^\n]{0,20} (?:too (?:large|big|long)|size exceeds|size limit)|taille limite|size limit|"
    r"exceeds (?:the )?(?:maximum|fixed|size|message)|maximum message size",
    r"not (?:authorized|permitted|allowed) to (?:send|deliver|relay|post)|access denied|acces refuse|"
    r"(?:only|just) accepts? (?:mail|messages) from|not accepting (?:mail|messages) from",
)
# Sure: a person or a domain that does not exist, in words that mean nothing else.
UNKNOWN = one_of(
    r"no such (?:user|recipient|mail ?box|address|account|person|alias|local|e-?mail|domain|host|name|destination|"
    r"virtual|mail|id)",
    rf"(?:unknown|invalid|nonexistent|non-existent|non-existant|inexistent|unrecognized|incorrect|undefined) "
    rf"(?:or \w+ |local |virtual |e-?mail |destination |{_PERSON} )?{_PERSON}(?!\w)(?! error)",
    rf"\b{_PERSON}s?\b(?:\W{{1,4}}\S{{1,320}}){{0,4}}?\W{{1,9}}(?:(?:is|are|was|were|name|address|email|path|error|of|"
    rf"\w+ here) )?(?:unknown|not found|not known|unrecognized|not recogni[sz]ed|non-?existent|invalid\b|not valid|"
    rf"not listed|not exist|missing|no longer (?:exist|valid|in use|active|available|here)|"
    rf"not (?:a )?(?:valid|known|active|current|local)|could not be (?:found|resolved)|cannot be (?:found|resolved))",
    rf"\b{_PERSON}s?\b[^\n]{{0,90}}? (?:do(?:es)? ?n[o']t(?: appear to)? exist|did not exist|doesn't exist|"
    rf"couldn't be found|could not be found|wasn't found|was not found|can't be found|cannot be found|"
    rf"is no longer (?:valid|in use|active|available|here)|no longer exists?|not exists?)",
    rf"\b{_PERSONNE}s?\b[^\n]{{0,80}}? (?:inconnue?s?|introuvables?|n'existe(?:nt)? (?:pas|plus)|invalides?|archivee?|"
    rf"inexistante?|absente? de l'annuaire|non recensee?|n'est plus valide|(?:est )?erronee?|n'a pas ete trouvee?)",
    r"destinataire inconnu|non recensee? dans l'annuaire|absente? de l'annuaire",
    rf"(?:no|not an?|isn't an?) (?:\w+ )?{_PERSON} (?:here )?(?:by|with|at|of|under) (?:that|this) (?:name|address)|"
    rf"no (?:mailbox|mail box|user|account|one)\b[^\n]{{0,30}} (?:by|with|at) (?:that|this) (?:name|address)",
    r"no mail ?box (?:found|here|available for this)|no (?:valid )?recipients?\b(?:,| found| specified| left)?(?: "
    r"bye)?",
    r"doesn't have an? [^\n]{0,40}account|does not have an? [^\n]{0,40}account|has no (?:mailbox|account|such)",
    r"recipient address(?:es)? rejected ?: (?:unknown|undeliverable|invalid|user|no such|unverified|not found)",
    r"not (?:found|listed) (?:by smtp address lookup|in)[^\n]{0,40}(?:directory|address ?book|recipient map|alias|"
    r"domino|"
    r"table|database|lookup)|not found by smtp address lookup|not in (?:the )?(?:\w+ )?(?:directory|address book|"
    r"recipient (?:list|table|map))|name & address book|domino directory|ldap lookup fail",
    r"unrout[ei]?able (?:mail )?(?:address|domain)|badrcptto|badrecipientto|badrcpt|validrcptto|not in my validrcpt|"
    r"resolver\.adr\.(?:recip|ex)?\w*(?:notfound|invalid)|recip(?:ient)?notfound|usernotfound|userunknown|bad ?rcpt",
    r"(?:isn't|is not|are not) (?:a |an )?(?:\w+ ){0,2}(?:known|valid|active|local|legal|existing) (?:\w+ "
    r"){0,2}(?:user|"
    r"mail ?box|address|account|recipient)|not our (?:customer|user)|nobody here by that name",
    r"no match(?:es)? (?:to|for|found)|not (?:exactly )?match an|not have a final e-?mail delivery point",
    r"no existe|usuario (?:desconocido|no)|buzon no|utente (?:sconosciuto|non)|nessun utente|utilisateur inconnu|"
    r"casella\b[^\n]{0,40} inesistente|unbekannt|empfanger (?:existiert|nicht|unbekannt)|adressat unbekannt|"
    r"destinatario (?:desconocido|sconosciuto|inexistente)|benutzer (?:unbekannt|nicht)|usuario inexistente",
    r"(?:email|e-mail|mail) (?:address|account|name)\b[^\n]{0,60}(?:not found|does not exist|is wrong|misspelled|"
    r"unknown)",
    r"address (?:couldn't be found|wasn't found|unknown|not found|not present|does not exist|is undeliverable)",
    r"(?:user|recipient|account)(?:name)? (?:has )?(?:left|moved away)|has (?:moved|been replaced by)|user has moved|"
    r"user missing home directory|(?:has|have) left the (?:company|organi[sz]ation)|"
    r"this (?:address|mailbox|account) (?:is )?no longer|no longer (?:accepts? mail|employed|with us|works?)|"
    r"retired (?:address|account)|account (?:has been )?(?:deleted|removed|closed|terminated|cancell?ed|expired)|"
    r"(?:mailbox|user|account|address) (?:has been |was )?(?:deleted|removed|closed)",
    # the domain
    r"host (?:or domain name )?not found|find any host named|unknown (?:host|domain)|(?:host|domain) unknown|"
    r"(?:host|domain|hostname)(?: name)?(?: \S+)? (?:is )?(?:not found|unknown|not known|invalid)\b",
    r"illegal host|invalid (?:host|domain)|does not accept (?:any )?(?:e-?)?mail|do not accept mail|null ?mx|"
    r"no (?:valid )?(?:mx|mail exchanger|smtp service)s?\b(?: (?:host|record|found|for|or|available))?|no smtp service",
    r"find a mail exchanger|mail exchanger? (?:or ip address|not found)|(?:hard|permanent) (?:dns )?error "
    r"(?:looking|in dns)|"
    r"domain is not reachable|domain (?:must|does not|doesn't|did not|could not|couldn't|cannot|can't|wasn't) "
    r"(?:exist|be found|be resolved|found)|dns (?:hard )?error|domain (?:has|had) no",
    r"non-?existent ?domain|\bnxdomain\b|\bdomain (?:name )?not found|name (?:or )?service (?:not known|error for)|"
    r"name or service not known|host(?:name)? lookup fail|all relevant mx records point to non-existent",
    r"\bdomain [^\n]{0,80}(?:does not|doesn't|not) exist|\bdomaine [^\n]{0,80}(?:n'existe pas|inconnu|introuvable)",
)
# Likely: said of dead addresses mostly, but of closed, paused or protected ones too; a code or other words may say so.
LIKELY = one_of(
    rf"\b{_PERSON}s?\b[^\n]{{0,60}}? (?:unavailable|disabled|deactivated|inactive|not active|suspended|rejected|"
    rf"refused|"
    r"not available|blocked|not ok|undeliverable|denied|not accepted|restricted|locked|frozen|discontinued|invalid)",
    r"recipient address(?:es)? rejected|(?:bad|invalid) (?:destination|recipient)|(?:no|not) (?:a )?local (?:user|"
    r"mailbox|address)|(?:can't|cannot|could not|unable to) (?:accept user|verify (?:user|address|recipient))|"
    r"mailbox unavail|requested action not taken|address (?:rejected|invalid|error)",
    r"(?:boite|compte|adresse)\b[^\n]{0,40}(?:desactivee?|suspendue?|bloquee?|fermee?|inactive)",
)
