"""Exercise 13: a convolution as a matrix product.

A 3×3 kernel moves over a 6×6 image. Lay the nine numbers under it out as a row, once for every place: then the
convolution is one matrix product. `places[i, j]` says which number of the flat image stands in row i, column j.
"""

import autograd as torch

size, k = 6, 3
places = torch.tensor([[(row + i) * size + column + j for i in range(k) for j in range(k)]
                       for row in range(size - k + 1) for column in range(size - k + 1)])       # (16, 9)
g = torch.Generator().manual_seed(13)
image = torch.randn(size, size, generator=g, requires_grad=True)
kernel = torch.randn(k, k, generator=g, requires_grad=True)
bias = torch.tensor(0.3, requires_grad=True)

flat = image.view(-1)                               # (36,)
columns = flat[places]                              # (16, 9): a number of the image stands in up to nine rows
weights = kernel.view(k * k, 1)                     # (9, 1)
out = columns @ weights + bias                      # (16, 1), one number for every place of the kernel
loss = (torch.sin(out) * torch.randn(16, 1, generator=g)).sum()
loss.backward()
dout = out.grad                                     # given: what arrives from above

#! bias: one number, added at every place
dbias = dout.sum()  #?
#: out = columns @ weights: a linear layer.
#! weights: only one product of columns (or its transpose) and dout has the shape of weights
dweights = columns.T @ dout  #?
#! kernel: undo the .view
dkernel = dweights.view(k, k)  #?
#! columns: only one product of dout and weights (or its transpose) is (16, 9)
dcolumns = dout @ weights.T  #?
#: A number of the image gathers what arrives at all the places where it stands, as a row of C did in exercise 1.
#! flat: go through all (i, j) and add dcolumns[i, j] to the number that stood there; most stand there often
dflat = torch.zeros_like(flat)  #?
for i in range(places.shape[0]):  #-
    for j in range(k * k):  #-
        dflat[places[i, j]] += dcolumns[i, j]  #-
#! image: undo the .view
dimage = dflat.view(size, size)  #?
