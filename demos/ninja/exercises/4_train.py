"""Exercise 4: train the network with your own backward pass.

Put the pieces of exercises 1 to 3 into one function and let it drive the training: nothing here calls .backward().
`check` trains a second network with the engine's gradients, and both must come to the same losses.
"""

import autograd as torch
import autograd.functional as F
from ninjagrad.demos.ninja.lesson import dataset

X, Y, alphabet = dataset()
vocab_size, n_embd, n_hidden, n, steps = len(alphabet), 10, 64, 32, 200


def start():
    """C, W1, W2, b2, bngain, bnbias: a hidden layer before batch norm needs no bias of its own."""
    g = torch.Generator().manual_seed(2147483647)
    return [torch.randn(vocab_size, n_embd, generator=g),
            torch.randn(n_embd * 3, n_hidden, generator=g) * (5 / 3) / (n_embd * 3) ** 0.5,
            torch.randn(n_hidden, vocab_size, generator=g) * 0.1,
            torch.zeros(vocab_size),
            torch.ones(1, n_hidden),
            torch.zeros(1, n_hidden)]


def forward(parameters, Xb, Yb):
    """The loss, and what the backward pass will want to see again."""
    C, W1, W2, b2, bngain, bnbias = parameters
    embcat = C[Xb].view(len(Xb), -1)
    hprebn = embcat @ W1
    bnvar_inv = (hprebn.var(0, keepdim=True) + 1e-5) ** -0.5
    bnraw = (hprebn - hprebn.mean(0, keepdim=True)) * bnvar_inv
    h = torch.tanh(bngain * bnraw + bnbias)
    logits = h @ W2 + b2
    return F.cross_entropy(logits, Yb), (embcat, bnvar_inv, bnraw, h, logits)


def gradients(parameters, seen, Xb, Yb):
    """The gradient of the loss for each of the parameters, in their order."""
    C, W1, W2, b2, bngain, bnbias = parameters
    embcat, bnvar_inv, bnraw, h, logits = seen
    n = len(Xb)
    #! C: exercise 8 has a way without a loop; the loop of exercise 1 will do, only slower
    #! W1: embcat.T @ dhprebn, with dhprebn from exercise 3
    #! W2: as in exercise 1, with dlogits from exercise 2
    return [None] * 6  # TODO  #+
    #: Exercise 2: (softmax − one-hot)/n.
    dlogits = F.softmax(logits, 1)  #-
    dlogits[range(n), Yb] -= 1  #-
    dlogits /= n  #-
    #: A linear layer, as in exercise 1.
    dh, dW2, db2 = dlogits @ W2.T, h.T @ dlogits, dlogits.sum(0)  #-
    dhpreact = (1.0 - h ** 2) * dh  #-
    dbngain = (bnraw * dhpreact).sum(0, keepdim=True)  #-
    dbnbias = dhpreact.sum(0, keepdim=True)  #-
    #: Exercise 3.
    dhprebn = bngain * bnvar_inv / n * (n * dhpreact - dhpreact.sum(0, keepdim=True)  #-
                                        - n / (n - 1) * bnraw * (dhpreact * bnraw).sum(0, keepdim=True))  #-
    dW1 = embcat.T @ dhprebn  #-
    #: Exercise 8: a product with one-hot rows adds up what belongs to each row of C.
    dC = F.one_hot(Xb.view(-1), vocab_size).T @ (dhprebn @ W1.T).view(-1, n_embd)  #-
    return [dC, dW1, dW2, db2, dbngain, dbnbias]  #-


parameters = start()
losses = []
g = torch.Generator().manual_seed(11)
for step in range(steps):
    chosen = torch.randint(0, len(X), (n,), generator=g)
    now, seen = forward(parameters, X[chosen], Y[chosen])
    grads = gradients(parameters, seen, X[chosen], Y[chosen])
    if step == 0:
        dC, dW1, dW2, db2, dbngain, dbnbias = grads  # graded one by one
    if any(grad is None for grad in grads):
        break                                       # not all written yet
    losses.append(now.item())
    for p, grad in zip(parameters, grads):
        p.data += -0.1 * grad

#~ C, W1, W2, b2, bngain, bnbias = start()
#~ for p in (C, W1, W2, b2, bngain, bnbias):
#~     p.requires_grad = True
#~ chosen = torch.randint(0, len(X), (n,), generator=torch.Generator().manual_seed(11))
#~ loss, (embcat, bnvar_inv, bnraw, h, logits) = forward([C, W1, W2, b2, bngain, bnbias], X[chosen], Y[chosen])
#~ loss.backward()
#~ asked = ["dC", "dW1", "dW2", "db2", "dbngain", "dbnbias"]
#~ follows = {"losses": asked}
#~ parameters = start()
#~ for p in parameters:
#~     p.requires_grad = True
#~ g = torch.Generator().manual_seed(11)
#~ expected_losses = []
#~ for step in range(steps):
#~     chosen = torch.randint(0, len(X), (n,), generator=g)
#~     now, _ = forward(parameters, X[chosen], Y[chosen])
#~     for p in parameters:
#~         p.grad = None
#~     now.backward()
#~     expected_losses.append(now.item())
#~     for p in parameters:
#~         p.data += -0.1 * p.grad
