// Gradients scaled down in place where their global norm passes a limit, as torch.nn.utils.clip_grad_norm_ does it:
//   y *= min(1, limit / (√squares + 1e-6)).   y: `count` vec4 with their zero padding; squares: 1 × 1, Σ y² over all gradients.
// Grid: linear over the vec4, 64 threads a workgroup. No workgroup memory.
//#include "common/index"
//#include "common/finite"
struct Params { count: u32, limit: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> squares: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let all = squares[0].x;
  y[i] *= keeping_one(all, min(1.0, params.limit / (sqrt(all) + 1e-6)));
}
