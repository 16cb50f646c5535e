"""The usual mistakes in a gradient written by hand: what each is called, and what to think about.

A hint does not give the line away. In it `{t}` is the variable in backticks, `{bare}` the same without, and `{by}` the
node that uses it.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Mistake"]


@dataclass(frozen=True)
class Mistake:
    """A mistake's name and its hint."""

    name: str
    hint: str


LEFT_OUT = Mistake(
    "path left out",
    "list every line of the forward pass in which {t} stands on the right; each adds to its gradient")
TWICE = Mistake(
    "path counted twice",
    "go through the uses of {t} once more and tick each off: one of them is added a second time")
DOUBLED = Mistake(
    "path counted twice",
    "is everything added twice (a line run twice, += into what was there), or a factor 1/2 lost?")
OVERWRITTEN = Mistake(
    "= where += was needed",
    "where a gradient arrives in several pieces, each line after the first must add to it")
SIGN = Mistake(
    "wrong sign",
    "count the minuses of the forward pass (a subtraction, a negation, a power of −1) and those of your line: is one "
    "lost, or one too many?")
SIGN_OF_ONE = Mistake("wrong sign on one path", SIGN.hint)
FACTOR_MISSING = Mistake(
    "factor 1/N missing",
    "which line of the forward pass divides, and by how many? its derivative carries that number")
FACTOR_EXTRA = Mistake("factor 1/N extra", FACTOR_MISSING.hint)
BESSEL = Mistake(
    "n against n − 1 (biased or Bessel's variance)",
    "look up what the forward pass divides the squared deviations by: n, or n − 1?")
CONSTANT = Mistake(
    "constant factor",
    "all entries are off by the same number, so the shape of your formula is right: check its constants")
TRANSPOSED = Mistake(
    "transposed",
    "write the shapes of both factors under each other; only one order of the product fits them all")
AXIS = Mistake(
    "summed over the wrong axis",
    "along which axis was {t} repeated (or summed) on the way forward? the way back undoes exactly that")
NOT_SUMMED = Mistake(
    "sum over the broadcast axis forgotten",
    "{t} was repeated to a larger shape on the way forward: whatever its copies receive belongs to it")
SHAPE = Mistake(
    "wrong shape",
    "a gradient has exactly the shape of what it is the gradient of")
LOCAL = Mistake(
    "local derivative forgotten",
    "what comes from above is only half of the chain rule; the other half is ∂{by}/∂{bare}")
UPSTREAM = Mistake(
    "upstream gradient forgotten",
    "∂{by}/∂{bare} is only half of the chain rule; the other half is what arrives at {node} from above")
FORMULA = Mistake(
    "another formula for the local derivative",
    "look up the derivative of that op: is it written in its input or in its result, and with which exponent and sign?")
NODE = Mistake(
    "another node in the place of a factor",
    "go through the line name by name: which of them does the forward pass have there?")
ARRIVING = Mistake(
    "another gradient in the place of what arrives",
    "what arrives at {node} is the gradient of that node itself")
TOO_MANY = Mistake(
    "a factor too many",
    "each step of the forward pass gives one factor, once: which of them does your line have twice?")
FORGOTTEN = Mistake(
    "factor forgotten",
    "each step of the forward pass gives one factor: which of them does your line lack?")
FACTOR_TRANSPOSED = Mistake(
    "transposed factor",
    "the shapes fit both ways, so they can't tell: the other factor of a product stands transposed on the way back")
SOFTMAX = Mistake(
    "another formula for softmax's derivative",
    "∂pᵢ/∂zⱼ = pᵢ(δᵢⱼ − pⱼ): every logit reaches every probability of its row, so a sum over the row remains")
CROSS = Mistake(
    "another formula for p − y",
    "for each row: softmax of the logits, minus 1 at the right class, over what the mean divides by")
LABELS = Mistake(
    "other labels",
    "which labels belong to these rows? look at how the batch was cut")
AVERAGED = Mistake(
    "averaged where += was needed",
    "a row that was looked up several times receives the sum of what arrives, not its mean")
POSITION = Mistake(
    "path left out",
    "every place in which a row is looked up sends something back: go through all of them")
ORDER = Mistake(
    "reshaped in the wrong order",
    "the way back of a reshape is the reshape to the old shape, of the same numbers in the same order")
INTEGERS = Mistake(
    "cut to integers",
    "of which dtype is the array that the gradient is written into?")
MASK = Mistake(
    "complement of the mask",
    "the gradient passes where the forward pass let the number through")
ANOTHER_MASK = Mistake(
    "another mask",
    "the way back needs the same mask as the forward pass: keep that mask, and draw no new one")
UNMASKED = Mistake(
    "mask not applied",
    "what the forward pass shuts, drops or does not pick receives nothing: its gradient is 0")
UNFILLED = Mistake(
    "path left out",
    "every place of {t} that reaches the loss receives something: which places does your line never fill?")
ADDED = Mistake(
    "multiplied where + was needed",
    "what arrives by several paths is added up, and along one path it is multiplied: which of the two is it here?")
PLACES = Mistake(
    "right numbers at other places",
    "take one entry of {t} and follow it forward: to which place does it go, and from which does its gradient come?")
REVERSED = Mistake(
    "in reverse order",
    "which end comes first? compare the first and the last entry of {t} with those of your line")
RELU_OF = Mistake(
    "relu of the gradient",
    "relu's derivative depends on the sign of its input, not on the sign of what arrives")
EPSILON = Mistake(
    "ε forgotten",
    "the forward pass adds a small number first; the derivative is taken where that was added")
ONE_HOT = Mistake(
    "one-hot forgotten",
    "at the right class the logit has one more path to the loss: its own −log")
MAXIMUM = Mistake(
    "off at the maximum",
    "the maximum passes its gradient to one place in each row; "
    "since it is subtracted too, that gradient cancels: sum it up and see")
OTHER = Mistake(
    "gradient of another variable",
    "read the left side of the line again: whose gradient did you want?")
ZEROS = Mistake(
    "all zeros",
    "something of this variable does reach the loss: follow its uses forward")
NOT_FINITE = Mistake(
    "not finite",
    "look for a division by zero or the logarithm of one on the way")
UNKNOWN = Mistake(
    "unknown",
    "check the line on a single element: pick the one named above and follow its paths by hand")
