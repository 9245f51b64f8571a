/**
 * Words of sentences about secrets, in English, German, French, Spanish, Portuguese, Italian, Dutch, Polish and the
 * Scandinavian languages, in small letters without accents.
 */

const set = (words: string): ReadonlySet<string> => new Set(words.split(' '));

/** Verbs that make the next word the secret itself: `the password of the kiosk is …`. */
export const COPULAS = set(
  "is was are were be being been will would that's ser sein equals equal reads read becomes became remains remained " +
    "is: it's its ist war sind lautet lauten lautete heisst heißt heist bleibt est etait sont sera c'est es era son sera e foi sao sono " +
    'jest brzmi ar var er luidt luidde wordt werd blijft',
);

/** Verbs of a change; the new value follows a word of direction: `was set to …`, `wurde auf … gesetzt`. */
export const CHANGES = set(
  'set reset resets changed changes change changing updated updates update rotated rotates replaced renewed switched altered ' +
    'modified put went goes gone ging passato passata pasado passe passee passou ficou staat steht wurde wurden wird gesetzt geandert zuruckgesetzt umgestellt aktualisiert erneuert change changee modifie modifiee remplace ' +
    'remplacee mis mise reinitialise reinitialisee cambio cambiado cambiada cambiata cambiato modificado modificada ' +
    'modificata modificato restablecido restablecida impostata impostato reimpostata reimpostato alterado alterada alterou redefinida ' +
    'atualizada actualizado actualizada aggiornata aggiornato definida definido trocada gewijzigd ingesteld veranderd gezet aangepast zmieniono ' +
    'zmienione ustawiono ustawione andrat andrades andrats endret aendret andret',
);

/** Words of direction after a change, before the new value. */
export const DIRECTIONS = set(
  'to into auf op uber zu a au aux en para con with naar na til till som als as in from von de da van fra fran',
);

/** Verbs of a replacement, after which an agent's word leads to the new value: `replaced by …`, `ersetzt durch …`. */
export const REPLACEMENTS = set(
  'replaced remplace remplacee ersetzt sustituido sustituida reemplazado reemplazada sostituito sostituita substituido ' +
    'substituida vervangen zastapione zastapiono erstattet ersatt',
);
export const BY = set('by with par durch por da door przez av af');

/** Words that say that something holds at this time; a value may follow. */
export const NOW = set(
  'now still currently nun jetzt aktuell noch maintenant desormais toujours ahora actualmente sigue agora adesso ora nu ' +
    "teraz i.e ie namely namlich viz c'est-a-dire",
);

/** Verbs whose object goes somewhere: what follows `to` is a place or a person. */
export const TRANSFERS = set(
  'sent assigned issued delivered bound linked added moved escrowed backed written uploaded exported copied forwarded mailed ' +
    'belongs belonging attached synced saved granted given applied pushed deployed gesendet zugewiesen geschickt envoye enviado enviada verzonden toegewezen inviata inviato',
);

/** Names of a value right before it: `new key …`, `valor …`. */
export const LABELS = set(
  'value val plaintext cleartext valor valeur valore wert waarde wartosc varde verdi vaerdi one as als como comme come answer',
);

/** Verbs with which a person or a program names a secret: `retrieved …`, `mit …`, `using …`. */
export const GIVING = set(
  'retrieved generated issued returned received obtained got sent escrowed created provided supplied entered typed used tried using use with ' +
    'key code try enter type gave given got read printed shows showed displays displayed contains contained holds stored saved backed-up found ' +
    'via mit verwende verwendet nutze eingegeben benutzt erhalten avec utiliser utilise recu genere con usar usa use utilice utilizando ' +
    'ingresado digite inserire usando ricevuto met gebruik gebruikt ingevoerd z uzyj med bruk anvand brug',
);

/** Words that change nothing between a verb and the value. */
export const PASSED_OVER = set(
  'now the a an new currently temporarily again still also just only simply actually instead exactly today newly initially back ' +
    'set be been first temporary default following your my our their his her this ' +
    'nun jetzt ab sofort aktuell vorlaufig wieder neu neue neuer neuen neues das die der den dem ein eine einen einfach noch heute ' +
    'wie folgt maintenant desormais le la les un une nouveau nouvelle nouvel toujours actuellement ahora el nuevo nueva sigue siendo ' +
    'actualmente agora o novo nova temporariamente adesso ora il nuovo nuova ancora nu de het een nieuw nieuwe nog tijdelijk voorlopig ' +
    'teraz nowe nowy nowa nya nytt ny nye det den',
);

/** Words that make another name of the secret's name before them: `password policy`, `PIN length`, `key vault`. */
export const COMPOUNDS = set(
  'policy policies guard rollover owner owners length age history complexity expiry expiration rotation settings setting ' +
    'manager management protection protector protectors vault vaults sync synchronization synchronisation hash hashes hashing ' +
    'provider providers requirement requirements rule rules profile profiles type types count counts minimum maximum min max ' +
    'lifetime format algorithm filter writeback writer identifier name names version versions service services server ' +
    'endpoint url uri cache store storage size usage template templates group groups page portal link links request requests ' +
    'event events audience issuer scope scopes claim claims binding bindings validation verification authentication ' +
    'authorization caching exchange agreement derivation encipherment container containers file files path reader readers ' +
    'ring rings baseline baselines compliance state status report reports feature features functionality option options field ' +
    'fields column columns parameter parameters property properties attribute attributes header headers key keys pair pairs ' +
    'spray spraying guessing cracking generation generator strength quality support richtlinie richtlinien lange richtlijn ' +
    'beleid lengte',
);

/** Prepositions and their like; the owner of the secret comes after them. */
export const LEADS = set(
  'for of to in on at from by which that who he she they you we it i has have had hat haben wurde wurden wird werden ' +
    'der des dem den die das von vom fur fuer im am zum zur du de del della dello dell dei delle des di d al alla van voor op bij dla do na w ' +
    'both all each every two used here a au aux en dans sur pour par per para por no na nos da do das dos se ha han fue foi que qui est ' +
    'och av pa til till for after before and und et y e o or until last between',
);

/** Nouns after which a word or number belongs to them and not to the secret. */
export const OTHER_OWNERS = set(
  'version build error status line port policy profile device user group app application tenant id ids request event step attempt option ' +
    'slot index number nr no article ticket case incident host server machine computer account name named called domain site room floor ' +
    'level chapter page row section rule setting type format algorithm length age count size minimum maximum exceeds least most ' +
    'under over than within every after before until since per hash thumbprint fingerprint serial fingerabdruck empreinte huella impronta vingerafdruk odcisk support team firmware model sku asset printer queue driver vlan directiva richtlinie profil gruppe gerat benutzer konto dispositivo usuario grupo politica criterio caso cas fall vorgang zaak dossier expediente incidencia chamado pratica bestellung commande pedido numero nummer beleid apparaat gebruiker appareil utilisateur groupe strategie',
);

/** Units: a number before one of them is a count. */
export const UNITS =
  /^(?:days?|digits?|char(?:acter)?s?|min(?:ute)?s?|sec(?:ond)?s?|hours?|hrs?|weeks?|months?|years?|bits?|bytes?|times?|attempts?|tries|users?|devices?|keys?|passwords?|tokens?|secrets?|items?|entries|of|out|percent|%|zeichen|stellen|ziffern|tagen?|stunden?|minuten|jahren?|monaten?|wochen|geraten?|caracteres|jours?|heures?|mois|ans|dias|horas|meses|anos|giorni|ore|mesi|anni|caratteri|cifre|cifras|chiffres|tekens|cijfers|dagen|uur|maanden|jaar|znakow|dni|tecken|dagar|dager|tegn)\b/i;

/** Words between two values of a list. */
export const AND = set('and or und oder et ou y o e en of i lub och eller og then dann');

/** Words that make of the word before them a secret: `used … as the password`. */
export const AS = set('as als como comme come jako som for');

/** Words between a value and the verb that denies it. */
export const NEGATIONS = set('not no nicht kein pas no nao non niet');

/** Verbs and prepositions around a value that somebody enters: `typed … into the PIN prompt`. */
export const ENTERED = set('typed entered gave pasted submitted used tried put types enters enter type');
export const INTO = set('into in for at as');

/** Words after a secret's name that begin another part of the sentence. */
export const CONNECTIVES = set(
  'an ein ab any more again when where while if because but so then than without wenn weil aber quand mais cuando pero quando ma als maar',
);
