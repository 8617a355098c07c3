// Back through y = silu(gate) · up (model/gate.wgsl): of_gate = g · up · silu′(gate), of_up = g · silu(gate).
//   All five: `vectors` vec4, padding included, which stays zero. Grid: one thread a vec4, folded in y. No workgroup memory.
//#include "common/index"
//#include "gradient/sigmoid"
struct Params { vectors: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gate: array<vec4f>;
@group(0) @binding(2) var<storage, read> up: array<vec4f>;
@group(0) @binding(3) var<storage, read> g: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> of_gate: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> of_up: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let v = gate[at];
  let s = sigmoid(v);
  of_gate[at] = g[at] * up[at] * s.value * (1 + v * s.rest);
  of_up[at] = g[at] * v * s.value;
}
