// A step of AdamW in place, as torch.optim.AdamW takes it:
//   first = beta1 · first + (1 − beta1) · grad;  second = beta2 · second + (1 − beta2) · grad²      (both zero before the first step)
//   value = value · (1 − rate · decay) − step · first / (√second / root + eps)
// with the bias corrections step = rate / (1 − beta1ᵗ) and root = √(1 − beta2ᵗ), which the host works out, and keep = 1 − rate · decay.
//   grad, mask, value, first, second: `count` vec4 with their zero padding. Where MASKED is 1, entries with mask 0 keep all three;
//   else what is bound for the mask is not looked at. Grid: linear over the vec4, 64 threads a workgroup. No workgroup memory.
// Loshchilov and Hutter 2019, arXiv 1711.05101.
//#include "common/index"
struct Params { count: u32, keep: f32, step: f32, root: f32, beta1: f32, rest1: f32, beta2: f32, rest2: f32, eps: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> grad: array<vec4f>;
@group(0) @binding(2) var<storage, read> mask: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> value: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> first: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> second: array<vec4f>;

//#include "optimizer/mask"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let old = value[i];
  let g = grad[i];
  let mean = params.beta1 * first[i] + params.rest1 * g;
  let square = params.beta2 * second[i] + params.rest2 * g * g;
  first[i] = trained(i, first[i], mean);
  second[i] = trained(i, second[i], square);
  value[i] = trained(i, old, params.keep * old - params.step * mean / (sqrt(square) / params.root + params.eps));
}
