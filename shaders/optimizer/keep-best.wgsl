// The values of the step with the least loss so far, kept on the GPU so that no step waits. Entry points:
//   keep:  best = value where loss < least; `count` vec4. A loss that is no number is never the least.
//   mark:  least = min(least, loss), after all values of a step.
//   loss, least: 1 × 1. Grid: linear over the vec4, 64 threads a workgroup; one workgroup for `mark`. No workgroup memory.
//#include "common/index"
//#include "common/finite"
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> loss: array<f32>;
@group(0) @binding(2) var<storage, read> value: array<vec4f>;
@group(0) @binding(3) var<storage, read> least: array<f32>;
@group(0) @binding(4) var<storage, read_write> best: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> smallest: array<f32>;

@compute @workgroup_size(64)
fn keep(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count || is_broken(loss[0]) || loss[0] >= least[0]) { return; }
  best[i] = value[i];
}

@compute @workgroup_size(64)
fn mark(@builtin(local_invocation_index) lane: u32) {
  if (lane == 0u && !is_broken(loss[0]) && loss[0] < smallest[0]) { smallest[0] = loss[0]; }
}
