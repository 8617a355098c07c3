// A step of RMSprop in place, as torch.optim.RMSprop takes it. With d = grad + decay · value:
//   square = alpha · square + rest · d², rest = 1 − alpha;  value −= rate · d / (√square + eps)      (square is zero before the first step)
//   grad, mask, value, square: `count` vec4 with their zero padding. Where MASKED is 1, entries with mask 0 keep value and square;
//   else what is bound for the mask is not looked at. Grid: linear over the vec4, 64 threads a workgroup. No workgroup memory.
// Hinton, Neural Networks for Machine Learning, lecture 6e.
//#include "common/index"
struct Params { count: u32, rate: f32, decay: f32, alpha: f32, rest: f32, eps: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> grad: array<vec4f>;
@group(0) @binding(2) var<storage, read> mask: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> value: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> square: array<vec4f>;

//#include "optimizer/mask"

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let old = value[i];
  let d = grad[i] + params.decay * old;
  let mean = params.alpha * square[i] + params.rest * d * d;
  square[i] = trained(i, square[i], mean);
  value[i] = trained(i, old, old - params.rate * d / (sqrt(mean) + params.eps));
}
