// Where a mixture would rather be (ViM-VQ, arXiv:2503.09509; the step is the studio's own): target = value − share · √(residual / energy) · gradient, that is a
// step against the gradient whose root mean square is `share` times that of what the mixture misses.
//   value: v, gradient: dL/dv, target: `count` vec4 with their padding.   residual: Σ (w − v)², energy: Σ gradient², 1 × 1 each.
// Grid: linear over the vec4, 64 threads a workgroup. No workgroup memory.
//#include "common/index"
struct Params { count: u32, share: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> value: array<vec4f>;
@group(0) @binding(2) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read> residual: array<f32>;
@group(0) @binding(4) var<storage, read> energy: array<f32>;
@group(0) @binding(5) var<storage, read_write> target_: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  var rate = 0.0;
  if (energy[0] > 0.0) { rate = params.share * sqrt(residual[0] / energy[0]); }
  target_[i] = value[i] - rate * gradient[i];
}
