"""The selective scan, token after token, with its gradient written out.

    h_t = exp(delta_t A) * h_{t-1} + delta_t u_t B_t        y_t = C_t . h_t

The state h is [batch, state, channels]. Autograd would keep half a dozen arrays of that size per
token; here only h is kept, so that a step of training stays within the cache of one core.
"""
import torch


class SelectiveScan(torch.autograd.Function):
    @staticmethod
    def forward(ctx, u, delta, a, b, c):
        """u, delta [batch, tokens, channels]; a [channels, state]; b, c [batch, tokens, state]."""
        at, v = a.t().contiguous(), delta * u
        h = u.new_zeros(len(u), a.shape[1], a.shape[0])
        states, out = [h], torch.empty_like(u)
        for t in range(u.shape[1]):
            h = torch.addcmul(v[:, t, None] * b[:, t, :, None], (delta[:, t, None] * at).exp_(), h)
            out[:, t] = (h * c[:, t, :, None]).sum(1)
            states.append(h)
        ctx.states = states
        ctx.save_for_backward(u, delta, at, b, c, v)
        return out

    @staticmethod
    def backward(ctx, grad):
        u, delta, at, b, c, v = ctx.saved_tensors
        dv, ddelta, db, dc = torch.empty_like(v), torch.empty_like(v), torch.empty_like(b), torch.empty_like(c)
        da, g = torch.zeros_like(at), torch.zeros_like(ctx.states[0])
        for t in reversed(range(u.shape[1])):
            g = torch.addcmul(g, c[:, t, :, None], grad[:, t, None])
            dc[:, t] = (ctx.states[t + 1] * grad[:, t, None]).sum(2)
            db[:, t] = (g * v[:, t, None]).sum(2)
            dv[:, t] = (g * b[:, t, :, None]).sum(1)
            g = g * (delta[:, t, None] * at).exp_()
            e = g * ctx.states[t]
            ddelta[:, t] = (e * at).sum(1)
            da += (e * delta[:, t, None]).sum(0)
        return dv * delta, ddelta + dv * u, da.t(), db, dc


selective_scan = SelectiveScan.apply
