"""Sampling the captioned U-Net: noise predicted, no variance learned, guidance past the empty caption."""
import numpy as np
import torch

import captions
from diffusion import Diffusion


def guided(model, x, t, ids, scale):
    """With and without the caption in one batch; the noise goes past the one without."""
    none = torch.from_numpy(captions.empty(len(x)))
    with_caption, without = model(torch.cat([x, x]), torch.cat([t, t]), torch.cat([ids, none])).chunk(2)
    return without + scale * (with_caption - without)


@torch.no_grad()
def sample(model, noise, ids, count, scale, sampler="ddim", gen=None, each=None):
    """From noise to pictures in `count` steps. each(k, x), if given, sees x after every step."""
    diffusion, x = Diffusion(count, model.config["diffusion"]), noise
    for k in reversed(range(count)):
        i = torch.full((len(x),), k)
        eps = guided(model, x, torch.full((len(x),), diffusion.steps[k]), ids, scale)
        start = diffusion.start(x, i, eps).clamp(-1, 1)
        if sampler == "ddim":
            x = diffusion.implicit(x, start, k)
        else:
            x = diffusion.posterior_mean(start, x, i)
            if k:
                # The posterior's variance, "fixed_small".
                x = x + float(np.exp(0.5 * diffusion.log_low[k])) * torch.randn(x.shape, generator=gen)
        if each:
            each(k, x)
    return x
