"""What `cmp`, `diagnose` and the exercises' checker say, in German. Each English text is the key to its translation."""

__all__ = ["TEXTS"]

# ruff: noqa: E501
# Names in braces stay as they are; they may stand in another order, and a number's form (`:.3g`) may change.
TEXTS = {
    # diagnose
    "none of the usual mistakes": "keiner der üblichen Fehler",
    "right for what it was fed: the mistake is further up": "richtig für das, was hineinging; der Fehler liegt weiter oben",
    "shapes: {got}, expected {expected}": "Formen: {got}, erwartet {expected}",
    "the search stopped after a second; there was more to look at": "die Suche hörte nach einer Sekunde auf; es gab noch mehr anzusehen",
    "d{variable}: right": "d{variable}: richtig",
    "right to single precision": "richtig im Rahmen der einfachen Genauigkeit",
    "fine: the same sums, rounded in another order": "in Ordnung: dieselben Summen, in anderer Reihenfolge gerundet",
    "seen": "zu sehen",
    "hint": "Hinweis",
    "exact": "genau gleich",
    "approximate": "ungefähr gleich",
    "largest difference": "größter Unterschied",
    "or": "oder",
    "and": "und",
    "note": "Anmerkung",
    "paths were not looked at: the backward pass's root is gone or not known, so pass root=loss":
        "die Pfade wurden nicht angesehen: die Wurzel des Rückwärtslaufs ist nicht mehr da oder nicht bekannt; gib root=loss an",
    "for the last backward pass; .grad holds the sum of several, since nothing set it to zero in between":
        "für den letzten Rückwärtslauf; in .grad steht die Summe mehrerer, denn dazwischen wurde es nicht auf null gesetzt",

    # mistakes: names and hints
    "path left out": "Pfad vergessen",
    "list every line of the forward pass in which {t} stands on the right; each adds to its gradient":
        "schreib jede Zeile des Vorwärtslaufs auf, in der {t} rechts steht; jede trägt zu seinem Gradienten bei",
    "path counted twice": "Pfad doppelt gezählt",
    "go through the uses of {t} once more and tick each off: one of them is added a second time":
        "geh die Stellen, an denen {t} gebraucht wird, noch einmal durch und hak jede ab: eine wird ein zweites Mal addiert",
    "is everything added twice (a line run twice, += into what was there), or a factor 1/2 lost?":
        "wird alles zweimal addiert (eine Zeile zweimal ausgeführt, += auf etwas, das schon da war), oder fehlt ein Faktor 1/2?",
    "= where += was needed": "= statt +=",
    "where a gradient arrives in several pieces, each line after the first must add to it":
        "wo ein Gradient in mehreren Stücken ankommt, muss jede Zeile nach der ersten dazuaddieren",
    "wrong sign": "falsches Vorzeichen",
    "count the minuses of the forward pass (a subtraction, a negation, a power of −1) and those of your line: is one lost, or one too many?":
        "zähl die Minuszeichen des Vorwärtslaufs (eine Subtraktion, eine Negation, ein Exponent −1) und die deiner Zeile: fehlt eines, oder ist eines zu viel?",
    "wrong sign on one path": "falsches Vorzeichen auf einem Pfad",
    "factor 1/N missing": "Faktor 1/N fehlt",
    "which line of the forward pass divides, and by how many? its derivative carries that number":
        "welche Zeile des Vorwärtslaufs teilt, und durch welche Zahl? ihre Ableitung enthält diese Zahl",
    "factor 1/N extra": "Faktor 1/N zu viel",
    "n against n − 1 (biased or Bessel's variance)": "n oder n − 1 verwechselt (Varianz mit oder ohne Bessel-Korrektur)",
    "look up what the forward pass divides the squared deviations by: n, or n − 1?":
        "sieh nach, wodurch der Vorwärtslauf die quadrierten Abweichungen teilt: durch n oder durch n − 1?",
    "constant factor": "konstanter Faktor",
    "all entries are off by the same number, so the shape of your formula is right: check its constants":
        "alle Einträge sind um denselben Faktor falsch, also stimmt deine Formel im Aufbau: prüf ihre Konstanten",
    "transposed": "transponiert",
    "write the shapes of both factors under each other; only one order of the product fits them all":
        "schreib die Formen beider Faktoren untereinander; nur bei einer Reihenfolge der Faktoren passt alles zusammen",
    "summed over the wrong axis": "über die falsche Achse summiert",
    "along which axis was {t} repeated (or summed) on the way forward? the way back undoes exactly that":
        "entlang welcher Achse wurde {t} auf dem Hinweg wiederholt (oder summiert)? der Rückweg macht genau das rückgängig",
    "sum over the broadcast axis forgotten": "Summe über die Broadcast-Achse vergessen",
    "{t} was repeated to a larger shape on the way forward: whatever its copies receive belongs to it":
        "{t} wurde auf dem Hinweg zu einer größeren Form wiederholt: alles, was seine Kopien bekommen, gehört zu seinem Gradienten",
    "wrong shape": "falsche Form",
    "a gradient has exactly the shape of what it is the gradient of":
        "ein Gradient hat genau die Form dessen, wovon er der Gradient ist",
    "local derivative forgotten": "lokale Ableitung vergessen",
    "what comes from above is only half of the chain rule; the other half is ∂{by}/∂{bare}":
        "was von oben kommt, ist nur die eine Hälfte der Kettenregel; die andere ist ∂{by}/∂{bare}",
    "upstream gradient forgotten": "Gradient von oben vergessen",
    "∂{by}/∂{bare} is only half of the chain rule; the other half is what arrives at {node} from above":
        "∂{by}/∂{bare} ist nur die eine Hälfte der Kettenregel; die andere ist das, was von oben bei {node} ankommt",
    "another formula for the local derivative": "andere Formel für die lokale Ableitung",
    "look up the derivative of that op: is it written in its input or in its result, and with which exponent and sign?":
        "schlag die Ableitung dieser Operation nach: ist sie durch die Eingabe ausgedrückt oder durch das Ergebnis, und mit welchem Exponenten und Vorzeichen?",
    "another node in the place of a factor": "anderer Knoten an der Stelle eines Faktors",
    "go through the line name by name: which of them does the forward pass have there?":
        "geh die Zeile Namen für Namen durch: welcher davon steht im Vorwärtslauf an dieser Stelle?",
    "another gradient in the place of what arrives": "anderer Gradient als der, der ankommt",
    "what arrives at {node} is the gradient of that node itself":
        "was bei {node} ankommt, ist der Gradient genau dieses Knotens",
    "a factor too many": "ein Faktor zu viel",
    "each step of the forward pass gives one factor, once: which of them does your line have twice?":
        "jeder Schritt des Vorwärtslaufs gibt einen Faktor, und nur einmal: welchen hat deine Zeile doppelt?",
    "factor forgotten": "Faktor vergessen",
    "each step of the forward pass gives one factor: which of them does your line lack?":
        "jeder Schritt des Vorwärtslaufs gibt einen Faktor: welcher fehlt deiner Zeile?",
    "transposed factor": "Faktor transponiert",
    "the shapes fit both ways, so they can't tell: the other factor of a product stands transposed on the way back":
        "die Formen passen auf beide Arten und verraten es daher nicht: auf dem Rückweg steht der andere Faktor eines Produkts transponiert",
    "another formula for softmax's derivative": "andere Formel für die Ableitung von softmax",
    "∂pᵢ/∂zⱼ = pᵢ(δᵢⱼ − pⱼ): every logit reaches every probability of its row, so a sum over the row remains":
        "∂pᵢ/∂zⱼ = pᵢ(δᵢⱼ − pⱼ): jedes Logit erreicht jede Wahrscheinlichkeit seiner Zeile, also bleibt eine Summe über die Zeile",
    "another formula for p − y": "andere Formel für p − y",
    "for each row: softmax of the logits, minus 1 at the right class, over what the mean divides by":
        "für jede Zeile: softmax der Logits, minus 1 bei der richtigen Klasse, geteilt durch das, wodurch der Mittelwert teilt",
    "other labels": "andere Labels",
    "which labels belong to these rows? look at how the batch was cut":
        "welche Labels gehören zu diesen Zeilen? sieh nach, wie der Batch geschnitten wurde",
    "averaged where += was needed": "gemittelt statt addiert",
    "a row that was looked up several times receives the sum of what arrives, not its mean":
        "eine Zeile, die mehrmals nachgeschlagen wurde, bekommt die Summe dessen, was ankommt, nicht den Mittelwert",
    "every place in which a row is looked up sends something back: go through all of them":
        "jede Stelle, an der eine Zeile nachgeschlagen wird, schickt etwas zurück: geh alle durch",
    "reshaped in the wrong order": "in falscher Reihenfolge umgeformt",
    "the way back of a reshape is the reshape to the old shape, of the same numbers in the same order":
        "der Rückweg eines reshape ist das reshape auf die alte Form, mit denselben Zahlen in derselben Reihenfolge",
    "cut to integers": "auf ganze Zahlen abgeschnitten",
    "of which dtype is the array that the gradient is written into?":
        "welchen dtype hat das Array, in das der Gradient geschrieben wird?",
    "complement of the mask": "Komplement der Maske",
    "the gradient passes where the forward pass let the number through":
        "der Gradient kommt dort durch, wo der Vorwärtslauf die Zahl durchgelassen hat",
    "another mask": "andere Maske",
    "the way back needs the same mask as the forward pass: keep that mask, and draw no new one":
        "der Rückweg braucht dieselbe Maske wie der Vorwärtslauf: heb sie auf und zieh keine neue",
    "mask not applied": "Maske nicht angewandt",
    "what the forward pass shuts, drops or does not pick receives nothing: its gradient is 0":
        "was der Vorwärtslauf sperrt, weglässt oder nicht auswählt, bekommt nichts: sein Gradient ist 0",
    "every place of {t} that reaches the loss receives something: which places does your line never fill?":
        "jede Stelle von {t}, die den Verlust erreicht, bekommt etwas: welche Stellen füllt deine Zeile nie?",
    "multiplied where + was needed": "multipliziert statt addiert",
    "what arrives by several paths is added up, and along one path it is multiplied: which of the two is it here?":
        "was auf mehreren Pfaden ankommt, wird addiert; entlang eines Pfades wird multipliziert: was von beidem ist es hier?",
    "right numbers at other places": "richtige Zahlen an anderen Stellen",
    "take one entry of {t} and follow it forward: to which place does it go, and from which does its gradient come?":
        "nimm einen Eintrag von {t} und folge ihm vorwärts: an welche Stelle geht er, und von welcher kommt sein Gradient?",
    "in reverse order": "in umgekehrter Reihenfolge",
    "which end comes first? compare the first and the last entry of {t} with those of your line":
        "welches Ende kommt zuerst? vergleich den ersten und den letzten Eintrag von {t} mit denen deiner Zeile",
    "relu of the gradient": "relu des Gradienten",
    "relu's derivative depends on the sign of its input, not on the sign of what arrives":
        "die Ableitung von relu hängt vom Vorzeichen der Eingabe ab, nicht vom Vorzeichen dessen, was ankommt",
    "ε forgotten": "ε vergessen",
    "the forward pass adds a small number first; the derivative is taken where that was added":
        "der Vorwärtslauf addiert erst eine kleine Zahl; die Ableitung wird dort genommen, wo sie schon addiert ist",
    "one-hot forgotten": "One-Hot vergessen",
    "at the right class the logit has one more path to the loss: its own −log":
        "bei der richtigen Klasse hat das Logit noch einen Pfad zum Verlust: sein eigenes −log",
    "off at the maximum": "falsch beim Maximum",
    "the maximum passes its gradient to one place in each row; since it is subtracted too, that gradient cancels: sum it up and see":
        "das Maximum gibt seinen Gradienten an eine Stelle jeder Zeile weiter; weil es auch abgezogen wird, hebt dieser Gradient sich auf: summier ihn und sieh nach",
    "gradient of another variable": "Gradient einer anderen Variablen",
    "read the left side of the line again: whose gradient did you want?":
        "lies die linke Seite der Zeile noch einmal: wessen Gradienten wolltest du?",
    "all zeros": "lauter Nullen",
    "something of this variable does reach the loss: follow its uses forward":
        "etwas von dieser Variablen erreicht den Verlust sehr wohl: folge vorwärts den Stellen, an denen sie gebraucht wird",
    "not finite": "nicht endlich",
    "look for a division by zero or the logarithm of one on the way":
        "such auf dem Weg nach einer Division durch null oder dem Logarithmus von null",
    "unknown": "unbekannt",
    "check the line on a single element: pick the one named above and follow its paths by hand":
        "prüf die Zeile an einem einzigen Element: nimm das oben genannte und folge seinen Pfaden von Hand",

    # what shows a mistake, in numbers
    "differs from the engine's only where {name} has a kink, since {at}; both are subgradients":
        "anders als bei der Engine nur dort, wo {name} einen Knick hat, weil {at}; beides sind Subgradienten",
    "a constant": "Konstante",
    "the local derivative of {called}": "die lokale Ableitung von {called}",
    "you have the path through {through}; `{name}` is also used by {elsewhere}, which contributes up to {most}":
        "du hast das, was über {through} kommt; `{name}` wird auch in {elsewhere} gebraucht, was bis zu {most} beiträgt",
    "its two inputs are equal": "beide Eingaben gleich sind",
    "its input is 0": "die Eingabe 0 ist",
    "the `{symbol}`{form}": "`{symbol}`{form}",
    "{what} on the way to `{name}`": "{what} auf dem Weg zu `{name}`",
    "of the wrong sign": "hat das falsche Vorzeichen",
    "{factor:.4g} times too large": "ist {factor:.4g} mal so groß, wie es sein sollte",
    "`{name}` stands {times} times in {called}, and you have counted {have} of them; the missing part goes up to {most}":
        "`{name}` steht {times}-mal in {called}, und du hast {have} davon gezählt; der fehlende Teil geht bis {most}",
    "(it contributes up to {most})": "(es trägt bis zu {most} bei)",
    "there you multiply what arrives at {called} by {m:.3g}, where the derivative of `{symbol}` is {g:.3g}":
        "dort multiplizierst du das, was bei {called} ankommt, mit {m:.3g}, die Ableitung von `{symbol}` ist aber {g:.3g}",
    "except for what rounding leaves of large terms that cancel":
        "bis auf das, was beim Runden von großen Summanden übrig bleibt, die sich aufheben",
    "1 of 1 entries are off; the largest error is here: got {m:.6g}, expected {g:.6g}, off by {off:.3g}":
        "falsch: 1 von 1 Einträgen; der größte Fehler ist hier: gefunden {m:.6g}, erwartet {g:.6g}, Abstand {off:.3g}",
    "{count} of {size} entries are nan or inf": "nan oder inf: {count} von {size} Einträgen",
    "every entry is 0; the right ones go up to {most}": "jeder Eintrag ist 0; die richtigen gehen bis {most}",
    "your numbers are minus the right ones, all of them": "alle deine Zahlen sind die richtigen mit umgekehrtem Vorzeichen",
    "the gradients of {through} are passed straight through to `{name}`, and added up":
        "die Gradienten von {through} werden unverändert an `{name}` weitergegeben und addiert",
    "(the line that uses it)": "(die Zeile, die es benutzt)",
    "(the op's result)": "(Ergebnis der Operation)",
    "your numbers are the last piece alone, the one through {called}; what came before it, through {through}, is gone":
        "deine Zahlen sind nur das letzte Stück, nämlich das über {called}; was davor über {through} kam, ging verloren",
    "your numbers are exactly twice the right ones, which come through {through}":
        "deine Zahlen sind genau das Doppelte der richtigen, die über {through} kommen",
    "what comes through {called} has the wrong sign; the rest is right":
        "was über {called} kommt, hat das falsche Vorzeichen; der Rest ist richtig",
    "the gradient of {called} is passed straight through to `{name}`":
        "der Gradient von {called} wird unverändert an `{name}` weitergegeben",
    "your numbers are {slope}, as if what arrives at {called} were 1":
        "deine Zahlen sind {slope}, als wäre das, was bei {called} ankommt, gleich 1",
    "the gradient of {called}, further on, is passed straight through to `{name}`":
        "der Gradient von {called}, weiter vorn, wird unverändert an `{name}` weitergegeben",
    "this is the gradient of {called}": "das ist der Gradient von {called}",
    "nothing comes through {by} {up_to}": "über {by} kommt nichts {up_to}",
    "{evidence}; and all of it is {words_of}": "{evidence}; und alles davon {words_of}",
    "your numbers are the right ones plus once more what comes through {called} (up to {most})":
        "deine Zahlen sind die richtigen und dazu noch einmal das, was über {called} kommt (bis zu {most})",
    "what comes through {by} is there twice {up_to}": "was über {by} kommt, ist doppelt da {up_to}",
    "what comes through {by} has the wrong sign {up_to}": "was über {by} kommt, hat das falsche Vorzeichen {up_to}",
    "what comes through {by} is {named} times what it should be":
        "was über {by} kommt, ist {named} mal so groß, wie es sein sollte",

    # of arrays
    "got the shape {shape}, expected {wanted}": "deine Form ist {shape}, erwartet {wanted}",
    "{count} of {size} entries are off; the largest error is {where}: got {m:.6g}, expected {g:.6g}, off by {error:.3g}":
        "falsch: {count} von {size} Einträgen; der größte Fehler ist {where}: gefunden {m:.6g}, erwartet {g:.6g}, Abstand {error:.3g}",
    "at [{place}]": "bei [{place}]",
    "here": "hier",
    "of shape {shape}": "der Form {shape}",
    "by which the forward pass divides": "durch das der Vorwärtslauf teilt",
    "by which the forward pass multiplies": "mit dem der Vorwärtslauf multipliziert",
    "all of them in row {row}": "alle in Zeile {row}",
    "{got}; your numbers transposed are right": "{got}; transponiert sind deine Zahlen richtig",
    "{got}; the numbers are right": "{got}; die Zahlen sind richtig",
    "{got}; summed to that shape your numbers are right": "{got}; auf diese Form summiert sind deine Zahlen richtig",
    "your numbers are {words} times the right ones": "deine Zahlen sind {words} mal so groß wie die richtigen",
    "your numbers are {ratio:.6g}{root} times the right ones": "deine Zahlen sind {ratio:.6g}{root} mal so groß wie die richtigen",
    "your numbers transposed are right": "transponiert sind deine Zahlen richtig",
    "right everywhere except at the largest number of {rows} rows; there it is off by up to {most}":
        "überall richtig, nur nicht bei der größten Zahl von {rows} Zeilen; dort um bis zu {most} falsch",
    "differs from the engine's only where several are the largest; any split among them is right":
        "anders als bei der Engine nur dort, wo mehrere die größten sind; jede Aufteilung unter ihnen ist richtig",
    "got the shape {shape}, that of {called}, expected {wanted}; summed to that your numbers are right":
        "deine Form ist {shape}, die von {called}, erwartet {wanted}; darauf summiert sind deine Zahlen richtig",
    "{got}; the gradient of {called} is passed straight through to `{name}`":
        "{got}; der Gradient von {called} wird unverändert an `{name}` weitergegeben",
    "{got}; your numbers are {slope}, as if what arrives at {called} were 1":
        "{got}; deine Zahlen sind {slope}, als wäre das, was bei {called} ankommt, gleich 1",
    "{got}; yours is the right gradient summed over axis {listed} as well":
        "{got}; deine Zahlen sind der richtige Gradient, auch noch über Achse {listed} summiert",
    "{got}; what arrives has shape {shape}, and yours is its sum over axis {listed}":
        "{got}; was ankommt, hat die Form {shape}, und deine Zahlen sind dessen Summe über Achse {listed}",
    "your numbers are {words}, in every place; the right ones differ in one place of each row":
        "deine Zahlen sind {words}, an jeder Stelle; die richtigen weichen an einer Stelle jeder Zeile ab",
    "{ratio:.6g} ({form}, {words}, squared)": "{ratio:.6g} ({form}, {words}, quadriert)",
    "what arrives has shape {shape}; yours is its sum over axis {listed}":
        "was ankommt, hat die Form {shape}; deine Zahlen sind dessen Summe über Achse {listed}",
    "the gradient of {called}, of shape {shape}, is spread along the wrong axis":
        "der Gradient von {called}, der Form {shape}, ist entlang der falschen Achse verteilt",
    "you took its diagonal alone, {p}·(1 − {p}) times {d}": "du hast nur die Diagonale genommen, {p}·(1 − {p}) mal {d}",
    "{p} times {d}, without the sum over the row: its mean, weighted by {p}, has to be subtracted":
        "{p} mal {d}, ohne die Summe über die Zeile: abzuziehen ist der mit {p} gewichtete Mittelwert",
    "the sum over the row is added; it has to be subtracted":
        "die Summe über die Zeile wird addiert; sie muss abgezogen werden",
    "log-softmax's derivative gives d − p·Σd, with d {d} and p its exponential":
        "die Ableitung von log-softmax gibt d − p·Σd; d ist {d}, p die Exponentialfunktion des Ergebnisses",
    "the sum over the row is missing": "die Summe über die Zeile fehlt",
    "p before the sum is missing": "p vor der Summe fehlt",
    "you have that of softmax": "deine ist die von softmax",
    "only the first term is divided, not the whole bracket":
        "nur der erste Summand wird geteilt, nicht die ganze Klammer",
    "what arrives at {by} passes where {name} is 0": "was bei {by} ankommt, geht dort durch, wo {name} 0 ist",
    "your numbers are those of `{name}` itself": "deine Zahlen sind die von `{name}` selbst",
    "you multiply what arrives at {by} by 1 at the largest of {name} and 0 elsewhere, where {name} belongs":
        "du multiplizierst, was bei {by} ankommt, mit 1 an der größten Stelle von {name} und 0 an den anderen; dorthin "
        "gehört {name}",
    "the sum goes over everything; it has to stay within each row":
        "die Summe läuft über alles; sie muss innerhalb jeder Zeile bleiben",
    "in the sum over the row {d} is not weighted by {p}":
        "in der Summe über die Zeile ist {d} nicht mit {p} gewichtet",
    "{p} in front is missing": "es fehlt der Faktor {p} davor",
    "{d} is missing in the first term": "im ersten Summanden fehlt {d}",
    "{p} stands before the first term alone, and not before the sum":
        "{p} steht nur vor dem ersten Summanden und nicht vor der Summe",
    "you have {p}·(1 − what arrives)": "du hast {p}·(1 − das, was ankommt)",
    "your numbers are {p} itself, whatever arrives": "deine Zahlen sind {p} selbst, egal, was ankommt",
    "the Jacobian is applied twice": "die Jacobi-Matrix ist zweimal angewandt",
    "your numbers are {name}{over}: nothing is subtracted": "deine Zahlen sind {name}{over}: es wird nichts abgezogen",
    "your numbers are ({name} + y){over}: y has to be subtracted":
        "deine Zahlen sind ({name} + y){over}: y muss abgezogen werden",
    "your numbers are −y{over}: {name} itself is missing": "deine Zahlen sind −y{over}: {name} selbst fehlt",
    "your numbers are (log {name} − y){over}": "deine Zahlen sind (log {name} − y){over}",
    "your numbers are (exp({name}) − y){over}: the exponentials are not yet divided by their sum":
        "deine Zahlen sind (exp({name}) − y){over}: die Exponentialwerte sind noch nicht durch ihre Summe geteilt",
    "your numbers are ({name} − y){over}: the logits themselves in the place of {right}":
        "deine Zahlen sind ({name} − y){over}: die Logits selbst statt {right}",
    "your numbers are p·(1 − p)·(p − y){over} with p = {name}: the derivative of the last step is in p − y already":
        "deine Zahlen sind p·(1 − p)·(p − y){over} mit p = {name}: die Ableitung des letzten Schritts steckt schon in p − y",
    "your numbers are p·(1 − p){over} with p = {name}, whatever y is":
        "deine Zahlen sind p·(1 − p){over} mit p = {name}, egal, was y ist",
    "your numbers are p·(p − y){over} with p = {name}": "deine Zahlen sind p·(p − y){over} mit p = {name}",
    "your numbers are 2·({name} − y){over}, as for squared errors":
        "deine Zahlen sind 2·({name} − y){over}, wie bei quadrierten Fehlern",
    "{name} stands in your product as it does on the way forward; on the way back it is transposed":
        "{name} steht in deinem Produkt wie auf dem Hinweg; auf dem Rückweg gehört es transponiert",
    "what arrives at {by} stands transposed in your product": "was bei {by} ankommt, steht in deinem Produkt transponiert",
    "both factors of your product are transposed": "beide Faktoren deines Produkts sind transponiert",
    "to the power ½": "hoch ½",
    "what arrives at {called}": "der Gradient von {called}",
    "you have the sum over the row alone; {p} times {d} itself is missing":
        "du hast nur die Summe über die Zeile; {p} mal {d} selbst fehlt",
    "the sum over the row lost its axis (keepdim), so it is subtracted along the wrong one":
        "die Summe über die Zeile hat ihre Achse verloren (keepdim), also wird sie entlang der falschen abgezogen",
    "your numbers are {name}{over}, but −1{over} at the right class: −1 is set there, where it had to be subtracted":
        "deine Zahlen sind {name}{over}, aber −1{over} bei der richtigen Klasse: dort wurde −1 gesetzt statt 1 abgezogen",
    "the softmax goes over axis {axis}; it belongs over the last":
        "softmax läuft über Achse {axis}; es muss über die letzte laufen",
    "the softmax is taken twice": "softmax ist zweimal angewandt",
    "{name} is divided by its sum, without the exponential":
        "{name} ist durch seine Summe geteilt, ohne die Exponentialfunktion",
    "your numbers are {name}{over}: nothing is subtracted, and the rows that are masked are not 0":
        "deine Zahlen sind {name}{over}: es wird nichts abgezogen, und die maskierten Zeilen sind nicht 0",
    "row {row}": "Zeile {row}",
    "it": "dieser Zeile",
    "your y is {high:.3g} at the right class and {low:.3g} elsewhere, where the right one is {max:.3g} and {min:.3g}":
        "dein y ist bei der richtigen Klasse {high:.3g} und sonst {low:.3g}; richtig sind {max:.3g} und {min:.3g}",
    "the factors of your product stand in the other order": "die Faktoren deines Produkts stehen in der anderen Reihenfolge",
    ", transposed,": " (transponiert)",
    "each of your numbers is whole: the right one without its decimals":
        "jede deiner Zahlen ist ganz: die richtige ohne ihre Nachkommastellen",
    "your numbers are the right ones, all of them, at other places":
        "deine Zahlen sind die richtigen, und zwar alle, aber an anderen Stellen",
    "{rows} rows of {called} are looked up more than once, and hold only what came last":
        "{rows} Zeilen von {called} werden mehr als einmal nachgeschlagen und enthalten nur, was zuletzt kam",
    "at the places that {name} looks up, your numbers are what comes from there alone; what came before is gone":
        "an den Stellen, die {name} nachschlägt, sind deine Zahlen nur das, was von dort kommt; was davor kam, ging verloren",
    "at each place your number is the right one divided by how often the place is looked up (up to {max} times)":
        "an jeder Stelle ist deine Zahl die richtige, geteilt durch die Häufigkeit, mit der die Stelle nachgeschlagen wird (bis zu {max}-mal)",
    "your numbers are right wherever the right ones are not 0; {wrong} places that must be 0 hold up to {most}":
        "deine Zahlen stimmen überall, wo die richtigen nicht 0 sind; {wrong} Stellen, die 0 sein müssen, enthalten bis zu {most}",
    "the sum goes over axis {other}; the softmax is over axis {axis}":
        "die Summe läuft über Achse {other}; softmax läuft über Achse {axis}",
    "your numbers are ({other} − y){over}: {other} in the place of {name}":
        "deine Zahlen sind ({other} − y){over}: {other} statt {name}",
    "your label in {at} is {got}, where it should be {right}; {wrong} of {size} labels are wrong":
        "dein Label in {at} ist {got}, richtig ist {right}; {wrong} von {size} Labels sind falsch",
    "the derivative of `{node}`": "die Ableitung von `{node}`",
    "your numbers are the right ones, in reverse along axis {axis}":
        "deine Zahlen sind die richtigen, entlang Achse {axis} rückwärts",
    "your numbers are the product of what comes through {first} and through {second}":
        "deine Zahlen sind das Produkt dessen, was über {first} und über {second} kommt",
    "all the places that {name} looks up hold {there:.4g}, and the others are right: something has to be added there":
        "alle Stellen, die {name} nachschlägt, enthalten {there:.4g}, und die anderen sind richtig: dort muss addiert werden",
    "the softmax goes over everything; it belongs over the last axis":
        "der Softmax geht über alles; er gehört über die letzte Achse",
    "the labels themselves are subtracted, as numbers; each stands for a column, in which 1 is subtracted":
        "die Labels selbst sind abgezogen, als Zahlen; jedes steht für eine Spalte, in der 1 abgezogen wird",
    "your numbers are {worded}, whatever arrives at {called}; the derivative of `{symbol}` here is {right}":
        "deine Zahlen sind {worded}, was auch immer an {called} ankommt; die Ableitung von `{symbol}` ist hier {right}",
    "what comes through {by} is transposed": "was über {by} kommt, ist transponiert",
    "what arrives at {name} is multiplied by {called}, in every place":
        "was an {name} ankommt, ist überall mit {called} multipliziert",
    "the softmax is that of {other}, in the place of {name}": "der Softmax ist der von {other}, wo {name} hingehört",
    "in the second mean {name} is missing": "im zweiten Mittel fehlt {name}",
    "what arrives at {through} is passed straight through, at each of them":
        "was an {through} ankommt, ist an jedem davon unverändert durchgereicht",
    "only position {j} of axis {axis} of {name} is counted": "nur Position {j} der Achse {axis} von {name} ist gezählt",
    "position {j} of axis {axis} of {name} is left out": "Position {j} der Achse {axis} von {name} ist vergessen",
    "your numbers are 0 along axis {axis} at {at}, and right at the others":
        "deine Zahlen sind entlang Achse {axis} bei {at} gleich 0 und sonst richtig",
    "your numbers are max(0, what arrives at {called})": "deine Zahlen sind max(0, das, was bei {called} ankommt)",
    "your numbers pass exactly where the right ones are 0, and the other way round":
        "deine Zahlen lassen den Gradienten genau dort durch, wo die richtigen 0 sind, und umgekehrt",
    "your numbers are {a:.3g}·{name} − {b:.3g}·y: the mean divides both by the same":
        "deine Zahlen sind {a:.3g}·{name} − {b:.3g}·y: der Mittelwert teilt beide durch dasselbe",
    "your softmax is that of {k:.4g}·{name}: a temperature is lost, or there twice":
        "dein softmax ist das von {k:.4g}·{name}: eine Temperatur fehlt oder ist doppelt da",
    "your y is 1 at the right class and 0 elsewhere; the right one goes only up to {max:.3g}":
        "dein y ist 1 bei der richtigen Klasse und sonst 0; das richtige geht nur bis {max:.3g}",
    "you multiply what arrives at {by} by {called}{form} where {name} belongs":
        "du multiplizierst das, was bei {by} ankommt, mit {called}{form}; dort gehört {name} hin",
    "only position {j} of axis 0 of what arrives at {by} is counted":
        "von dem, was bei {by} ankommt, ist nur Position {j} der Achse 0 gezählt",
    "your numbers are the right ones with {a_words} where {b_words} belongs":
        "deine Zahlen sind die richtigen, nur steht {a_words}, wo {b_words} hingehört",
    "your numbers pass where {called} is above 0": "deine Zahlen lassen den Gradienten dort durch, wo {called} über 0 ist",
    "open where the forward pass shuts: {opened} places; shut where it lets through: {shut}":
        "offen, wo der Vorwärtslauf sperrt: {opened} Stellen; gesperrt, wo er durchlässt: {shut}",
    "1 is subtracted in the same columns of every row, but each row has its own label":
        "in jeder Zeile wird 1 in denselben Spalten abgezogen, aber jede Zeile hat ihr eigenes Label",
    "only position {j} of axis {axis} of what arrives at {by} is counted":
        "von dem, was bei {by} ankommt, ist nur Position {j} der Achse {axis} gezählt",
    "the right ones times": "die richtigen mal",
    "the right ones over": "die richtigen geteilt durch",
    "your numbers come out with {b_words}, without the {small:g} that is added":
        "deine Zahlen ergeben sich mit {b_words}, ohne die {small:g}, die addiert werden",
    "with the other sign": "mit dem anderen Vorzeichen",
    "your numbers are {does} {form}{minus}": "deine Zahlen sind {does} {form}{minus}",
    "you multiply what arrives at {called} by {worded}; the derivative of `{symbol}` here is {right}":
        "du multiplizierst das, was bei {called} ankommt, mit {worded}; die Ableitung von `{symbol}` ist hier {right}",
    "your numbers come out as if what arrives at {called} were 1":
        "deine Zahlen ergeben sich, als wäre das, was bei {called} ankommt, gleich 1",
    "nothing comes through {called}": "über {called} kommt nichts",
    "what comes through {called} is there twice": "was über {called} kommt, ist doppelt da",
    "what comes through {called} has the wrong sign": "was über {called} kommt, hat das falsche Vorzeichen",
    "your numbers come out with `{words}` where `{bare}` belongs": "deine Zahlen ergeben sich mit `{words}` statt `{bare}`",
    "your numbers come out with {called} where `{name}` belongs": "deine Zahlen ergeben sich mit {called} statt `{name}`",
    "your numbers come out with {called} alone, without the {bare} that is added to it":
        "deine Zahlen ergeben sich mit {called} allein, ohne {bare}, das dazuaddiert wird",
    "your numbers come out with {called} alone, without {other}, which stands beside it":
        "deine Zahlen ergeben sich mit {called} allein, ohne {other}, das daneben steht",
    "you start from the gradient of {name}; what belongs there is the gradient of {called}":
        "du gehst vom Gradienten von {name} aus; dort gehört der Gradient von {called} hin",
    "you start from {name} itself; what belongs there is the gradient of {called}":
        "du gehst von {name} selbst aus; dort gehört der Gradient von {called} hin",
    "paths were not looked at: a backward pass through this graph takes more than a second":
        "die Pfade wurden nicht angesehen: ein Rückwärtslauf durch diesen Graphen dauert länger als eine Sekunde",
    "right to half precision": "richtig auf halbe Genauigkeit",
    "{got}; repeated to that shape your numbers are right": "{got}; auf diese Form wiederholt sind deine Zahlen richtig",
    "your numbers are the sum of {slopes}, as if 1 arrived at each":
        "deine Zahlen sind eine Summe ({slopes}), als käme an jeder Stelle 1 an",
    "your numbers come out with {called} where {right} belongs":
        "deine Zahlen ergeben sich mit {called}; dort gehört {right} hin",
    "this follows from a wrong gradient of {called}, where {words}":
        "das folgt aus einem falschen Gradienten von {called} ({words})",
    "your numbers are {ratio:.4g}·({words} − {target}), as for another loss":
        "deine Zahlen sind {ratio:.4g}·({words} − {target}), wie bei einem anderen Verlust",
    "the path through the mean is missing": "der Pfad über den Mittelwert fehlt",
    "the first mean is {n} times too large: a sum": "der erste Mittelwert ist {n} mal so groß, wie er sein sollte: eine Summe",
    "the first mean is over n − 1 where n belongs": "der erste Mittelwert ist durch n − 1 geteilt statt durch n",
    "the first mean has the wrong sign": "der erste Mittelwert hat das falsche Vorzeichen",
    "the path through the variance is missing": "der Pfad über die Varianz fehlt",
    "the second mean is a sum": "der zweite Mittelwert ist eine Summe",
    "the second mean is over n where n − 1 belongs": "der zweite Mittelwert ist durch n geteilt statt durch n − 1",
    "the second mean is over n − 1 where n belongs": "der zweite Mittelwert ist durch n − 1 geteilt statt durch n",
    "the second mean has the wrong sign": "der zweite Mittelwert hat das falsche Vorzeichen",
    "your means go over axis {mine}; they belong over axis {right}":
        "deine Mittelwerte gehen über Achse {mine}; sie gehören über Achse {right}",
    "you have the gradient of {other} where that of {name} belongs":
        "du hast den Gradienten von {other}; dort gehört der von {name} hin",
    "what {name} is divided by is missing": "es fehlt das, wodurch {name} geteilt wird",
    "of what arrives at {by} you take the places from {start} on along axis {axis}; {called} has others":
        "von dem, was bei {by} ankommt, nimmst du entlang Achse {axis} die Stellen ab {start}; {called} hat andere",
    "what arrives at {name} passes where {called} is not the largest":
        "was bei {name} ankommt, kommt dort durch, wo {called} nicht am größten ist",
    "what arrives at {name} passes to every place, not to the largest alone":
        "was bei {name} ankommt, geht an jede Stelle, nicht nur an die größte",
    "what arrives at {name} is shared among all {n} places, as for a mean":
        "was bei {name} ankommt, ist auf alle {n} Stellen verteilt, wie bei einem Mittelwert",
    "what arrives at {name} passes to the largest, times that":
        "was bei {name} ankommt, geht an die größte Stelle, mal deren Zahl",
    "what arrives at {name} passes where {called} is above 0":
        "was bei {name} ankommt, kommt dort durch, wo {called} über 0 ist",
    "your numbers are the right ones where {called} is above 0, and 0 elsewhere":
        "deine Zahlen sind dort die richtigen, wo {called} über 0 ist, und sonst 0",
    "in row {row} your number stands in column {got}, the right one in column {right}":
        "in Zeile {row} steht deine Zahl in Spalte {got}, die richtige in Spalte {right}",
    "all places pass; {opened} of them were shut": "alle Stellen sind offen; {opened} davon waren zu",

    # of PyTorch's graphs
    "root does not depend on it": "root hängt nicht davon ab",
    "root was not computed from anything that requires a gradient":
        "root wurde nicht aus etwas berechnet, das einen Gradienten braucht",
    "PyTorch's {name} does not keep the number it subtracts from; hold its result in a variable":
        "PyTorchs {name} hebt die Zahl nicht auf, von der es abzieht; halte sein Ergebnis in einer Variablen fest",
    "PyTorch's NllLoss is retold for logits of shape (N, C) without weights only":
        "PyTorchs NllLoss wird nur für Logits der Form (N, C) ohne Gewichte nachgebildet",
    "PyTorch's batch norm is retold while training only": "PyTorchs Batch-Norm wird nur beim Training nachgebildet",
    "PyTorch's convolution is retold in one or two dimensions, without groups or dilation only":
        "PyTorchs Faltung wird nur in einer oder zwei Dimensionen nachgebildet, ohne Gruppen und Dilatation",
    "the retold graph gives another result than PyTorch's: {mine:.6g} in the place of {theirs:.6g}":
        "der nachgebildete Graph ergibt etwas anderes als der von PyTorch: {mine:.6g} statt {theirs:.6g}",
    "PyTorch's {name} does not keep the number that is added; hold its result in a variable":
        "PyTorchs {name} hebt die Zahl nicht auf, die addiert wird; halte sein Ergebnis in einer Variablen fest",
    "PyTorch's {name} is not among the ops that can be retold":
        "PyTorchs {name} gehört nicht zu den Operationen, die nachgebildet werden können",
    "PyTorch's {name} could not be retold": "PyTorchs {name} konnte nicht nachgebildet werden",
    "PyTorch's {name} has a constant input that was not kept; hold its result in a variable":
        "PyTorchs {name} hat eine konstante Eingabe, die nicht aufgehoben wurde; halte sein Ergebnis in einer Variablen fest",
    "PyTorch has freed what its graph had kept; call loss.backward(retain_graph=True), and ask again":
        "PyTorch hat freigegeben, was sein Graph aufgehoben hatte; ruf loss.backward(retain_graph=True) auf und frag noch einmal",

    # the checker: what is borrowed
    "the engine's work, not yours": "die Arbeit der Engine, nicht deine",
    "write the gradient from the forward pass alone": "leite den Gradienten nur aus dem Vorwärtslauf her",
    "line {line} {does}": "Zeile {line} {does}",
    "{by}, and {source}": "{by}, und {source}",
    "imports the engine": "importiert die Engine",
    "reads .grad": "liest .grad",
    "line {line} uses `{name}`": "Zeile {line} benutzt `{name}`",
    "goes around by {name}": "nimmt einen Umweg über {name}",
    "imports {module}": "importiert {module}",
    "uses the engine's {name}": "benutzt {name} der Engine",
    "reads the engine's {name}": "liest {name} der Engine",
    "reads it from a text": "liest es aus einem Text",

    # the checker: files and answers
    "the test was stopped": "der Test wurde abgebrochen",
    "gradients of an earlier step": "Gradienten eines früheren Schritts",
    "where are the last step's gradients forgotten, and does that reach the parameters themselves?":
        "wo werden die Gradienten des letzten Schritts vergessen, und kommt das bei den Parametern selbst an?",
    "your number is the sum of all backward passes so far, those of earlier steps too":
        "deine Zahl ist die Summe aller bisherigen Rückwärtsläufe, auch derer früherer Schritte",
    "mend what raises this first; the numbers come after": "behebe zuerst, was diesen Fehler auslöst; die Zahlen kommen danach",
    "not a gradient": "kein Gradient",
    "got a {kind}: {why}": "gefunden: {kind}: {why}",
    "a gradient is a Tensor, an array or a number": "ein Gradient ist ein Tensor, ein Array oder eine Zahl",
    "a loop": "eine Schleife",
    "no loop": "keine Schleife",
    "in line {line}": "in Zeile {line}",
    "line {number}": "Zeile {number}",
    "one matrix product adds up what the loop adds up": "ein Matrixprodukt addiert, was die Schleife addiert",
    "`{label}` is used once: by {by}": "`{label}` wird einmal gebraucht: in {by}",
    "`{label}` is used {times} times: by {by}": "`{label}` wird {times}-mal gebraucht: in {by}",
    "an unnamed `{symbol}`": "einem namenlosen `{symbol}`",
    "your forward pass comes to {what} {got:.6g}, the exercise's to {wanted:.6g}: was it changed?":
        "dein Vorwärtslauf ergibt {what} {got:.6g}, der Vorwärtslauf der Aufgabe {wanted:.6g}: wurde er verändert?",
    "the loss": "den Verlust",
    "it is not saved as UTF-8, which Python expects; in your editor: save as UTF-8":
        "die Datei ist nicht als UTF-8 gespeichert, was Python erwartet; in deinem Editor: als UTF-8 speichern",
    "Python can't read it: {why}": "Python kann sie nicht lesen: {why}",
    "it ended Python itself (SystemExit), and what came after did not run":
        "die Datei hat Python selbst beendet (SystemExit), und was danach kam, lief nicht",
    "it ran for more than {seconds:g} seconds and was stopped": "die Datei lief länger als {seconds:g} Sekunden und wurde abgebrochen",
    "is a line above it still None?": "ist eine Zeile darüber noch None?",
    "it ended Python itself (exit status {status}), so nothing could be graded":
        "die Datei hat Python selbst beendet (Status {status}), also konnte nichts bewertet werden",
    "it ran for more than {seconds:g} seconds and would not be stopped":
        "die Datei lief länger als {seconds:g} Sekunden und ließ sich nicht abbrechen",
    ", where the derivative of `[^`]*` is [-+.\\w]+$": ", die Ableitung von `[^`]*` ist aber [-+.\\w]+$",
    ",? expected (?!\\()[^,;]+(, off by [^,;]+)?": ",? erwartet (?!\\()[^,;]+(, Abstand [^,;]+)?",
    "(; the missing part goes|; the right ones go) up to [-+.\\w]+": "(; der fehlende Teil geht|; die richtigen gehen) bis [-+.\\w]+",
    "(, which contributes) up to [-+.\\w]+": ", was bis zu [-+.\\w]+ beiträgt",
    "\\1 the rest": ", was den Rest beiträgt",
    "(?<![\\w.`\\[(])[-−]?\\d+(\\.\\d+)?(e[-+]?\\d+)?(?![\\w`]| times| of)":
        "(?<![\\w.`\\[(])[-−]?\\d+(\\.\\d+)?(e[-+]?\\d+)?(?![\\w`]|-mal| mal| von)",

    # the checker: its report
    "wrote": "geschrieben:",
    "{right} of {of} right": "{right} von {of} richtig",
    "all {right} right": "alle {right} richtig",
    "by hand.": "von Hand.",
    "all {right} right, but {why}": "alle {right} richtig, aber {why}",
    "the file did not run to its end, so they do not count yet":
        "die Datei lief nicht bis zum Ende, also zählen sie noch nicht",
    "not by hand: this file {does}": "nicht von Hand: diese Datei {does}",
    "more help: {how}": "mehr Hilfe: {how}",
    "the lines above": "die Zeilen darüber",
    "fine for what it was fed; look further up: {above}": "in Ordnung für das, was hineinging; sieh weiter oben nach: {above}",
    "not written yet": "noch nicht geschrieben",
    "not reached": "nicht erreicht",
    "there is no variable of this name": "es gibt keine Variable dieses Namens",
    "or it is: {these}": "oder es ist: {these}",
    "{name} is not written yet: the lines that use it were given the right gradient":
        "{name} ist noch nicht geschrieben: die Zeilen, die es brauchen, bekamen den richtigen Gradienten",
    "{names} are not written yet: the lines that use them were given the right gradient":
        "{names} sind noch nicht geschrieben: die Zeilen, die sie brauchen, bekamen die richtigen Gradienten",
    "stopped: {what}": "abgebrochen: {what}",
    "stopped in line {line}: {what}": "abgebrochen in Zeile {line}: {what}",
    "right": "richtig",
    "wrong": "falsch",
    "todo": "offen",
    "missing": "nicht da",
    "follows": "folgt daraus",
    "unfinished": "unfertig",
    "stopped": "abgebrochen",
    "borrowed": "geborgt",

    # the exercises' command line
    "there is {numbers}": "es gibt {numbers}",
    "there are {first} to {last}": "es gibt {first} bis {last}",
    "there is no exercise {number}": "es gibt keine Aufgabe {number}",
    "there is no exercise in {folder}": "es gibt keine Aufgabe in {folder}",
    "there is no exercise in {folder}: no file called NUMBER_NAME.py":
        "es gibt keine Aufgabe in {folder}: keine Datei mit einem Namen der Form NUMMER_NAME.py",
    "there is no file {file}": "es gibt keine Datei {file}",
    "there is no file {file}; `{command}` writes one": "es gibt keine Datei {file}; `{command}` schreibt eine",
    "which exercise is {path}? its name begins with none of their numbers ({there_are}); say --exercise N":
        "welche Aufgabe ist {path}? ihr Name beginnt mit keiner der Nummern ({there_are}); gib --exercise N an",
    "write exercise N's file into {folder}": "schreibt die Datei der Aufgabe N in den Ordner {folder}",
    "grade it (--hints 0 to 3: how much help you want)": "bewertet sie (--hints 0 bis 3: wie viel Hilfe du willst)",
    "the worked answer, with its derivation": "die Lösung, mit ihrer Herleitung",
    "find the bug and mend it, then:": "finde den Fehler und behebe ihn, dann:",
    "fill in the TODOs, then:": "fülle die TODOs aus, dann:",
    "exercise {number} came without its solution": "Aufgabe {number} wurde ohne Lösung ausgeliefert",
    "{path} is there already, and stays as it is; to begin again, move it away first":
        "{path} ist schon da und bleibt, wie es ist; um neu zu beginnen, verschieb die Datei zuerst",

    # a teacher's own exercises
    "its name, {name}, is not of the form 10_your_title.py": "der Name {name} ist nicht von der Form 10_dein_titel.py",
    "its first line should be \"\"\"Exercise {number}: your title. (with a full stop)":
        "die erste Zeile sollte \"\"\"Exercise {number}: dein Titel. sein (mit einem Punkt)",
    "it asks for nothing: no line ends in two spaces and #? (or, for a test, #=)":
        "sie fragt nach nichts: keine Zeile endet mit zwei Leerzeichen und #? (oder, bei einem Test, #=)",
    "{name} has no hint: a line such as   #! {bare}: what to think about":
        "{name} hat keinen Hinweis: eine Zeile wie   #! {bare}: worüber nachzudenken ist",
    "there is a hint for {name}, which is not asked for": "es gibt einen Hinweis zu {name}, wonach nicht gefragt ist",
    "it is not saved as UTF-8; in your editor: save as UTF-8":
        "die Datei ist nicht als UTF-8 gespeichert; in deinem Editor: als UTF-8 speichern",
    "the solution:": "die Lösung:",
    "the starter:": "die Vorlage:",
    "{name} is {state}, and must not be": "{name} ist {state}, darf es aber nicht sein",
    "{name} is {state}, and should be {wanted}": "{name} steht auf {state}, sollte aber auf {wanted} stehen",
    "it counts as borrowed: it {does}, line {line}": "sie gilt als geborgt: sie {does}, Zeile {line}",
    "{name} can be set: `{command}`": "{name} kann gestellt werden: `{command}`",

    # for teachers: a class
    "{folder} is not a folder": "{folder} ist kein Ordner",
    "there is no student's folder in {folder}": "in {folder} liegt kein Ordner von Studierenden",
    "--jobs, --memory and --seconds must be more than 0": "--jobs, --memory und --seconds müssen größer als 0 sein",
    "{done}/{of} graded": "{done}/{of} bewertet",
    "wrote {file}": "geschrieben: {file}",
    "{reports} submissions of {students} students, in {seconds:.0f} s":
        "{reports} Abgaben von {students} Studierenden, in {seconds:.0f} s",
    "the commonest mistakes, and where they were made most:": "die häufigsten Fehler, und wo sie am häufigsten gemacht wurden:",
    "{place}, {times} times": "{place}, {times}-mal",
    "what stopped files:": "warum Dateien abgebrochen wurden:",
    "only time": "nur die Zeit",
    "memory": "Speicher",
    "time": "Zeit",
    "size of files": "Größe von Dateien",
    "network": "Netz",
    "limited by the system: {contained}; files outside each folder and other programs: by a watch inside Python, which stops accidents, not experts":
        "vom System begrenzt: {contained}; Dateien außerhalb der Ordner und andere Programme: durch eine Überwachung in Python, die Versehen verhindert, aber keine Könner aufhält",
    "not while a class is graded": "nicht, während eine Klasse bewertet wird",
    "writing {name} outside its folder": "schreibt {name} außerhalb des eigenen Ordners",
    "reading {name} outside its folder": "liest {name} außerhalb des eigenen Ordners",
    "listing a folder that is not its own": "sieht einen fremden Ordner durch",
    "changing files outside its folder": "ändert Dateien außerhalb des eigenen Ordners",
    "calling {event}": "ruft {event} auf",
    "no file": "keine Datei",
    "not graded": "nicht bewertet",
    "{file} is there already; choose an empty folder": "{file} ist schon da; wähle einen leeren Ordner",
    "wrote {count} exercises without their solutions into {folder}": "{count} Aufgaben ohne ihre Lösungen nach {folder} geschrieben",
    "students begin with: {command}": "Studierende beginnen mit: {command}",
    "(ninjagrad itself brings the solutions of its own exercises; a check of yours needs what stands after #~)":
        "(ninjagrad selbst bringt die Lösungen seiner eigenen Aufgaben mit; eine Prüfung von dir braucht, was nach #~ steht)",
    "wrote {count} notebooks for students, as many with solutions, and nbgrader_config.py, into {folder}":
        "{count} Notebooks für Studierende, ebenso viele mit Lösungen und nbgrader_config.py nach {folder} geschrieben",
    "for nbgrader: {command}": "für nbgrader: {command}",
    "they look for the exercises in a folder {name} beside them (see class pack)":
        "sie suchen die Aufgaben in einem Ordner {name} neben sich (siehe class pack)",
    "wrote {count} exercises and {file} into {folder}": "{count} Aufgaben und {file} nach {folder} geschrieben",
    "push it to GitHub, mark it as a template, and choose it for an assignment, with grading by the workflow":
        "lade es zu GitHub hoch, mach es zur Vorlage und wähle es für eine Aufgabe, bewertet durch den Workflow",

    # the exercises: titles, and each line's own hint
    "warm-ups on single numbers": "Aufwärmen an einzelnen Zahlen",
    "every intermediate of a small character model": "jedes Zwischenergebnis eines kleinen Buchstabenmodells",
    "cross-entropy in one go": "Kreuzentropie in einem Zug",
    "batch norm in one go": "Batch-Norm in einem Zug",
    "train the network with your own backward pass": "trainiere das Netz mit deinem eigenen Rückwärtslauf",
    "the softmax Jacobian, and temperature": "die Jacobi-Matrix von softmax, und die Temperatur",
    "the last layer's weights, along both paths": "die Gewichte der letzten Schicht, auf beiden Pfaden",
    "layer norm": "Layer-Norm",
    "the embedding's gradient without a loop": "der Gradient des Embeddings ohne Schleife",
    "attention": "Attention",
    "a recurrent network, back through time": "ein rekurrentes Netz, zurück durch die Zeit",
    "dropout": "Dropout",
    "label smoothing, with a temperature": "Label-Smoothing, mit einer Temperatur",
    "a convolution as a matrix product": "eine Faltung als Matrixprodukt",
    "mend an engine that walks without an order": "repariere eine Engine, die den Graphen ohne Ordnung durchläuft",
    "mend an engine that loses a part of a gradient":
        "repariere eine Engine, die einen Teil eines Gradienten verliert",
    "mend an engine that keeps equal inputs once": "repariere eine Engine, die gleiche Eingaben nur einmal behält",
    "mend a training loop that keeps old gradients": "repariere eine Trainingsschleife, die alte Gradienten behält",
    "mend an engine that begins at the wrong end": "repariere eine Engine, die am falschen Ende beginnt",
    "mend an engine that broadcasts forward only": "repariere eine Engine, die Broadcasting nur vorwärts kann",
    "mend an engine whose relu lets everything through": "repariere eine Engine, deren relu alles durchlässt",
    "mend a softmax that fails on large logits": "repariere ein softmax, das an großen Logits scheitert",
    "write out_a = u + v with u = a and v = a; what do du and dv come to, and where do they both arrive?":
        "schreib out_a = u + v mit u = a und v = a; was ergeben du und dv, und wo kommen beide an?",
    "the left factor's local derivative is the right factor, and the other way round":
        "die lokale Ableitung des linken Faktors ist der rechte Faktor, und umgekehrt",
    "out_p is a product; hold r fixed and ask how fast it moves with q":
        "out_p ist ein Produkt; halte r fest und frag, wie schnell out_p sich mit q ändert",
    "hold q fixed and ask how fast out_p moves with r": "halte q fest und frag, wie schnell sich out_p mit r ändert",
    "two ways lead down to p, by q and by r; the derivative of tanh can be written with tanh itself":
        "zwei Wege führen hinab zu p, über q und über r; die Ableitung von tanh lässt sich mit tanh selbst schreiben",
    "which n of its entries does the loss look at, and with what weight? torch.zeros_like is a start":
        "welche n seiner Einträge sieht der Verlust an, und mit welchem Gewicht? torch.zeros_like ist ein Anfang",
    "elementwise: (what comes from above) × log'(probs)": "elementweise: (was von oben kommt) × log'(probs)",
    "the product's other factor, then a sum along the axis it was broadcast over; keep the axis":
        "der andere Faktor des Produkts, dann eine Summe entlang der Achse, über die es wiederholt wurde; behalte die Achse",
    "the power rule, elementwise on a column": "die Potenzregel, elementweise auf einer Spalte",
    "it stands on the right of two lines; the second sends one number per row to the whole row":
        "es steht in zwei Zeilen rechts; die zweite schickt eine Zahl je Zeile an die ganze Zeile",
    "the derivative of exp at norm_logits has a name already":
        "die Ableitung von exp an der Stelle norm_logits hat schon einen Namen",
    "there is a minus in front of it, and it was repeated along axis 1":
        "ein Minus steht davor, und es wurde entlang Achse 1 wiederholt",
    "one use passes straight through; the other reaches one entry per row: logits.max(1).indices says which":
        "eine Verwendung gibt den Gradienten unverändert weiter; die andere erreicht einen Eintrag je Zeile: logits.max(1).indices sagt, welchen",
    "only one product of dlogits and W2 (or W2's transpose) has the shape of h":
        "nur ein Produkt aus dlogits und W2 (oder W2 transponiert) hat die Form von h",
    "only one product of h (or its transpose) and dlogits has the shape of W2":
        "nur ein Produkt aus h (oder h transponiert) und dlogits hat die Form von W2",
    "the same b2 is added to every row": "dasselbe b2 wird zu jeder Zeile addiert",
    "write the derivative of tanh with tanh itself": "schreib die Ableitung von tanh mit tanh selbst",
    "the product's other factor, then the sum over what it was broadcast along":
        "der andere Faktor des Produkts, dann die Summe über das, worüber es wiederholt wurde",
    "the same row is added to every example": "dieselbe Zeile wird zu jedem Beispiel addiert",
    "the other factor; here nothing was repeated": "der andere Faktor; hier wurde nichts wiederholt",
    "the product's other factor, then the sum over the examples":
        "der andere Faktor des Produkts, dann die Summe über die Beispiele",
    "the power rule with exponent −1/2": "die Potenzregel mit dem Exponenten −1/2",
    "a sum sends its gradient to all it summed; mind what it is divided by, and the shape":
        "eine Summe schickt ihren Gradienten an alles, was sie summiert hat; achte darauf, wodurch geteilt wird, und auf die Form",
    "it stands on the right of two lines": "es steht in zwei Zeilen rechts",
    "there is a minus in front of it, and one row of it is used by all examples; keep its shape":
        "ein Minus steht davor, und alle Beispiele brauchen die eine Zeile; behalte ihre Form",
    "it stands on the right of two lines, and the second one divides":
        "es steht in zwei Zeilen rechts, und die zweite teilt",
    "as for h, with W1": "wie bei h, mit W1",
    "as for W2, with embcat": "wie bei W2, mit embcat",
    "as for b2": "wie bei b2",
    "undo the .view": "mach das .view rückgängig",
    "go through all (i, j) and add demb[i, j] to the row that was looked up there; some rows are looked up often":
        "geh alle (i, j) durch und addiere demb[i, j] zu der Zeile, die dort nachgeschlagen wurde; manche Zeilen werden oft nachgeschlagen",
    "with L = −z_t + log Σ exp(z_k) for one example, what is ∂L/∂z_i for i = t, and for any other i? then the mean":
        "mit L = −z_t + log Σ exp(z_k) für ein Beispiel: was ist ∂L/∂z_i für i = t, und was für jedes andere i? dann der Mittelwert",
    "three terms: the gradient itself, minus its mean, minus bnraw times something; n − 1 appears once":
        "drei Summanden: der Gradient selbst, minus sein Mittelwert, minus bnraw mal etwas; n − 1 kommt einmal vor",
    "exercise 8 has a way without a loop; the loop of exercise 1 will do, only slower":
        "Aufgabe 8 kennt einen Weg ohne Schleife; die Schleife aus Aufgabe 1 geht auch, nur langsamer",
    "embcat.T @ dhprebn, with dhprebn from exercise 3": "embcat.T @ dhprebn, mit dhprebn aus Aufgabe 3",
    "as in exercise 1, with dlogits from exercise 2": "wie in Aufgabe 1, mit dlogits aus Aufgabe 2",
    "the quotient rule for e^(u_i)/S gives one case for i = j and one for i ≠ j; torch.eye(4) tells them apart":
        "die Quotientenregel für e^(u_i)/S ergibt einen Fall für i = j und einen für i ≠ j; torch.eye(4) unterscheidet sie",
    "the row vector −y/p times your J, simplified with the help of Σ y = 1":
        "der Zeilenvektor −y/p mal dein J, vereinfacht mit Hilfe von Σ y = 1",
    "every logit is divided by the same T, so T gathers a sum":
        "jedes Logit wird durch dasselbe T geteilt, also sammelt T eine Summe",
    "the derivative of the logarithm, with the minus of the loss":
        "die Ableitung des Logarithmus, mit dem Minus des Verlusts",
    "dp[0], times ∂p_0/∂z_0 (the diagonal case of the softmax Jacobian), times ∂z_0/∂W_10":
        "dp[0], mal ∂p_0/∂z_0 (der Fall auf der Diagonale der Jacobi-Matrix von softmax), mal ∂z_0/∂W_10",
    "dp[1], times ∂p_1/∂z_0 (the other case), times ∂z_0/∂W_10":
        "dp[1], mal ∂p_1/∂z_0 (der andere Fall), mal ∂z_0/∂W_10",
    "add both paths and leave out the factor h; Σ y = 1":
        "addiere beide Pfade und lass den Faktor h weg; Σ y = 1",
    "entry [j, i] is h_j times dz_i": "der Eintrag [j, i] ist h_j mal dz_i",
    "∂z_i/∂b_i is 1": "∂z_i/∂b_i ist 1",
    "the same beta is added to all examples": "dasselbe beta wird zu allen Beispielen addiert",
    "the product's other factor, gathered over the examples":
        "der andere Faktor des Produkts, gesammelt über die Beispiele",
    "the product's other factor": "der andere Faktor des Produkts",
    "rstd times three terms, each with a mean over the features: dxhat, minus its mean, minus xhat times a mean":
        "rstd mal drei Summanden, mit Mittelwerten über die Merkmale: dxhat, minus sein Mittelwert, minus xhat mal ein Mittelwert",
    "F.one_hot makes a matrix E with emb = E @ C, if you make Xb and emb flat first; what is the gradient of C then?":
        "F.one_hot macht eine Matrix E mit emb = E @ C, wenn du Xb und emb zuerst flach machst; was ist dann der Gradient von C?",
    "out = weights @ v; only one product of weights (or its transpose) and dout has the shape of v":
        "out = weights @ v; nur ein Produkt aus weights (oder weights transponiert) und dout hat die Form von v",
    "only one product of dout and v (or its transpose) is (t, t)":
        "nur ein Produkt aus dout und v (oder v transponiert) hat die Form (t, t)",
    "the row vector dweights times the softmax Jacobian, without ever building that Jacobian":
        "der Zeilenvektor dweights mal die Jacobi-Matrix von softmax, ohne diese Matrix je aufzubauen",
    "a matrix product, and a factor that is easily lost": "ein Matrixprodukt, und ein Faktor, der leicht verloren geht",
    "it stands transposed in the product, so dk is (the gradient of k.T) transposed":
        "es steht transponiert im Produkt, also ist dk (der Gradient von k.T) transponiert",
    "a linear layer: the input transposed, times the gradient of the output":
        "eine lineare Schicht: die Eingabe transponiert, mal der Gradient der Ausgabe",
    "as for Wq": "wie bei Wq",
    "it stands on the right of three products; one piece for each":
        "es steht in drei Produkten rechts; für jedes ein Stück",
    "nothing comes after the last step: a linear layer, as in exercise 1":
        "nach dem letzten Schritt kommt nichts mehr: eine lineare Schicht, wie in Aufgabe 1",
    "it stands on the right of two lines: y2's and a3's":
        "es steht in zwei Zeilen rechts: in der von y2 und der von a3",
    "as for a3": "wie bei a3",
    "as for h2, one step earlier": "wie bei h2, einen Schritt früher",
    "it stands on the right of one line": "es steht in einer Zeile rechts",
    "three products, one for each step; each piece is as for a linear layer":
        "drei Produkte, für jeden Schritt eines; jedes Stück ist wie bei einer linearen Schicht",
    "three pieces, from a1, a2 and a3": "drei Stücke, von a1, a2 und a3",
    "three pieces again; which state was multiplied with Wh to make a1?":
        "wieder drei Stücke; welcher Zustand wurde für a1 mit Wh multipliziert?",
    "the same b is added to every row, at every step": "dasselbe b wird zu jeder Zeile addiert, bei jedem Schritt",
    "a linear layer, whose input is what dropout has left over":
        "eine lineare Schicht, deren Eingabe das ist, was Dropout übrig ließ",
    "a linear layer again": "wieder eine lineare Schicht",
    "what is multiplied going forward multiplies what comes back: the very same mask, and the same factor":
        "was vorwärts multipliziert, multipliziert auch, was zurückkommt: genau dieselbe Maske und derselbe Faktor",
    "first through tanh (write its derivative with h), then the linear layer x @ W":
        "zuerst durch tanh (schreib die Ableitung mit h), dann die lineare Schicht x @ W",
    "the same two links, with the other product at the end": "dieselben zwei Glieder, mit dem anderen Produkt am Ende",
    "the product's other factor, and what stands before the sum":
        "der andere Faktor des Produkts, und was vor der Summe steht",
    "as for logp, the other way round": "wie bei logp, andersherum",
    "exercise 2, with y in the place of one-hot; why does it matter that y sums to 1?":
        "Aufgabe 2, mit y statt One-Hot; warum ist es wichtig, dass y sich zu 1 summiert?",
    "each z is divided by T": "jedes z wird durch T geteilt",
    "all entries are divided by the same T; the derivative of 1/T":
        "alle Einträge werden durch dasselbe T geteilt; die Ableitung von 1/T",
    "y holds it twice in each entry: once with onehot, once without":
        "y enthält es in jedem Eintrag zweimal: einmal mit onehot, einmal ohne",
    "one number, added at every place": "eine Zahl, an jeder Stelle addiert",
    "only one product of columns (or its transpose) and dout has the shape of weights":
        "nur ein Produkt aus columns (oder columns transponiert) und dout hat die Form von weights",
    "only one product of dout and weights (or its transpose) is (16, 9)":
        "nur ein Produkt aus dout und weights (oder weights transponiert) hat die Form (16, 9)",
    "go through all (i, j) and add dcolumns[i, j] to the number that stood there; most stand there often":
        "geh alle (i, j) durch und addiere dcolumns[i, j] zu der Zahl, die dort stand; die meisten stehen dort oft",
    "how often does b hand its gradient on, and what did b hold each time?":
        "wie oft gibt b seinen Gradienten weiter, und was enthielt b jedes Mal?",
    "ten doublings, so 2 to the power of 10; how large an answer says how often the walk came by":
        "zehn Verdopplungen, also 2 hoch 10; an der Größe einer Antwort siehst du, wie oft der Lauf vorbeikam",
    "visiting each node once is not enough: q must come after both r and s":
        "jeden Knoten einmal zu besuchen reicht nicht: q muss nach r und nach s kommen",
    "both sides of the + are the same number; what is in its gradient after the first line of `hand_on`?":
        "beide Seiten des + sind dieselbe Zahl; was steht nach der ersten Zeile von `hand_on` in ihrem Gradienten?",
    "it receives a piece from q and a piece from r": "es bekommt ein Stück von q und ein Stück von r",
    "three lines use it, one of them twice": "drei Zeilen brauchen es, eine davon zweimal",
    "how many edges lead from a to a + a, and how many does the engine keep?":
        "wie viele Kanten führen von a zu a + a, und wie viele behält die Engine?",
    "two edges again, each with the local derivative x": "wieder zwei Kanten, jede mit der lokalen Ableitung x",
    "r = q · q has two edges to the same q": "r = q · q hat zwei Kanten zum selben q",
    "the edges of q, and the one of the last line": "die Kanten von q, und die der letzten Zeile",
    "the last step's gradient alone; what else is in it?":
        "nur der Gradient des letzten Schritts; was steckt noch darin?",
    "two backward passes without zero_grad between them add up, and nothing before them counts":
        "zwei Rückwärtsläufe ohne zero_grad dazwischen addieren sich, und nichts davor zählt",
    "as for u": "wie bei u",
    "what was in b's gradient when b handed it on?": "was stand im Gradienten von b, als b ihn weitergab?",
    "y must wait for both pieces from above before it hands on":
        "y muss auf beide Stücke von oben warten, bevor es weitergibt",
    "one way to q is short and one is long; q may hand on only after both have arrived":
        "ein Weg zu q ist kurz und einer lang; q darf erst weitergeben, wenn beide angekommen sind",
    "everything that q gathered goes on to p, twice": "alles, was q gesammelt hat, geht weiter an p, zweimal",
    "the same row is added to every row of x": "dieselbe Zeile wird zu jeder Zeile von x addiert",
    "a column of length 1 in the second axis: which axis was it repeated along? it keeps that axis":
        "eine Spalte der Länge 1 in der zweiten Achse: entlang welcher Achse wurde sie wiederholt? diese Achse behält sie",
    "one number for all entries": "eine Zahl für alle Einträge",
    "relu is flat below zero": "relu ist unter null flach",
    "one of the two relus is on, and the other is off": "eines der beiden relus ist an, das andere aus",
    "it is used twice, and one of the ways leads through a relu that is off":
        "es wird zweimal gebraucht, und einer der Wege führt durch ein relu, das aus ist",
    "every way from v to the result leads through the relu": "jeder Weg von v zum Ergebnis führt durch das relu",
    "a float ends near exp(709); what can be taken off both logits without changing their softmax?":
        "ein float endet nahe exp(709); was kann man von beiden Logits abziehen, ohne dass sich ihr softmax ändert?",
    "far below zero every exp is 0, and so is their sum": "weit unter null ist jedes exp 0, und damit auch ihre Summe",
    "as for u1": "wie bei u1",
    "cutting the logits down to the largest that exp can take makes the two the same, and they are not":
        "die Logits auf das größte zu kappen, das exp noch verträgt, macht beide gleich, und das sind sie nicht",
    "as for v1": "wie bei v1",
}
