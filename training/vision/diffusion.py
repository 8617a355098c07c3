"""Gaussian diffusion with learned variance, as DiT trains and samples it.

A schedule, its respacing to fewer steps, the loss, and two samplers: DDPM with the learned
variance, and DDIM with eta = 0. Tables are float64, pictures float32.
"""
import math

import numpy as np
import torch

CONFIG = {
    "schedule": "linear", "num_timesteps": 1000, "beta_start": 1e-4, "beta_end": 0.02, "prediction": "epsilon",
    "variance": "learned_range", "clip_denoised": True,
}


def betas(c=CONFIG):
    return np.linspace(c["beta_start"], c["beta_end"], c["num_timesteps"], dtype=np.float64)


def spaced(total, count):
    """Which of the steps a shorter run keeps: evenly spread, both ends included, halves to even."""
    stride = (total - 1) / (count - 1) if count > 1 else 1
    steps, at = [], 0.0
    for _ in range(count):
        steps.append(round(at))
        at += stride
    return steps


class Diffusion:
    """Over all steps, or over some of them: then the betas are those between the kept steps."""

    def __init__(self, count=None, c=CONFIG):
        kept = np.cumprod(1 - betas(c))
        self.steps = spaced(c["num_timesteps"], count) if count else list(range(c["num_timesteps"]))
        self.bar = kept[self.steps]
        self.bar_before = np.append(1.0, self.bar[:-1])
        self.betas = 1 - self.bar / self.bar_before
        variance = self.betas * (1 - self.bar_before) / (1 - self.bar)
        # The posterior variance is 0 at the last step; its logarithm takes the step before.
        self.log_low = np.log(np.append(variance[1], variance[1:]))
        self.log_high = np.log(self.betas)
        self.mean_start = self.betas * np.sqrt(self.bar_before) / (1 - self.bar)
        self.mean_here = (1 - self.bar_before) * np.sqrt(1 - self.betas) / (1 - self.bar)
        self.clip = c["clip_denoised"]

    def at(self, table, i, like):
        return torch.from_numpy(table)[i].to(like.dtype)[:, None, None, None]

    def noised(self, x0, i, noise):
        return self.at(np.sqrt(self.bar), i, x0) * x0 + self.at(np.sqrt(1 - self.bar), i, x0) * noise

    def start(self, x, i, eps):
        return self.at(np.sqrt(1 / self.bar), i, x) * x - self.at(np.sqrt(1 / self.bar - 1), i, x) * eps

    def posterior_mean(self, x0, x, i):
        return self.at(self.mean_start, i, x) * x0 + self.at(self.mean_here, i, x) * x

    def step(self, output, x, i, clip=None):
        """Mean and log variance of the step before, and the finished picture as guessed now."""
        eps, v = output.chunk(2, 1)
        part = (v + 1) / 2
        log_variance = part * self.at(self.log_high, i, x) + (1 - part) * self.at(self.log_low, i, x)
        x0 = self.start(x, i, eps)
        if self.clip if clip is None else clip:
            x0 = x0.clamp(-1, 1)
        return self.posterior_mean(x0, x, i), log_variance, x0

    def implicit(self, x, x0, k):
        """DDIM's step to the time before, eta = 0: with the noise that belongs to the (clipped) guess, not the model's own."""
        i = torch.full((len(x),), k)
        away = self.at(np.sqrt(1 / self.bar), i, x) * x - x0
        eps = away / self.at(np.sqrt(1 / self.bar - 1), i, x)
        before = torch.from_numpy(self.bar_before)[k].to(x.dtype)
        return before.sqrt() * x0 + (1 - before).sqrt() * eps

    def loss(self, model, x0, y, i, noise):
        """Squared error of the noise, plus the variational bound in bits, which only teaches the variance."""
        x = self.noised(x0, i, noise)
        output = model(x, i, y)
        eps, v = output.chunk(2, 1)
        mse = (noise - eps).pow(2).mean((1, 2, 3))
        mean, log_variance, _ = self.step(torch.cat([eps.detach(), v], 1), x, i, clip=False)
        true_log = self.at(self.log_low, i, x)
        gap = self.posterior_mean(x0, x, i) - mean
        kl = 0.5 * (log_variance - true_log - 1 + (true_log - log_variance).exp() + gap ** 2 * (-log_variance).exp())
        bound = torch.where((i == 0)[:, None, None, None], -pixel_log_likelihood(x0, mean, log_variance), kl)
        return mse, bound.mean((1, 2, 3)) / math.log(2)


def pixel_log_likelihood(x0, mean, log_variance):
    """Of one of 256 grey values under a Gaussian, with the tanh approximation of its distribution function."""
    scale = (-0.5 * log_variance).exp()
    below = lambda z: 0.5 * (1 + torch.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z ** 3)))
    upper, lower = below(scale * (x0 - mean + 1 / 255)), below(scale * (x0 - mean - 1 / 255))
    upper = torch.where(x0 > 0.999, torch.ones_like(upper), upper)
    lower = torch.where(x0 < -0.999, torch.zeros_like(lower), lower)
    return (upper - lower).clamp(min=1e-12).log()


def guided(model, x, t, y, scale):
    """With and without the class in one batch; the noise goes past the unconditional one, the variance is the class's."""
    none = torch.full_like(y, model.config["num_classes"])
    output = model(torch.cat([x, x]), torch.cat([t, t]), torch.cat([y, none]))
    eps, rest = output.chunk(2, 1)
    with_class, without = eps.chunk(2)
    return torch.cat([without + scale * (with_class - without), rest[:len(x)]], 1)


@torch.no_grad()
def sample(model, noise, y, count, scale, sampler="ddim", gen=None, each=None):
    """From noise to pictures in `count` steps. each(k, x), if given, sees x after every step."""
    diffusion, x = Diffusion(count), noise
    for k in reversed(range(count)):
        i = torch.full((len(x),), k)
        output = guided(model, x, torch.full((len(x),), diffusion.steps[k]), y, scale)
        mean, log_variance, x0 = diffusion.step(output, x, i)
        if sampler == "ddim":
            x = diffusion.implicit(x, x0, k)
        else:
            x = mean
            if k:
                x = x + (0.5 * log_variance).exp() * torch.randn(x.shape, generator=gen)
        if each:
            each(k, x)
    return x
