// y = silu(gate) · up, element by element (SwiGLU: Shazeer 2020, arXiv 2002.05202).   All three: `vectors` vec4, padding included.
// Grid: one thread a vec4, folded in y. No workgroup memory.
//#include "common/index"
struct Params { vectors: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gate: array<vec4f>;
@group(0) @binding(2) var<storage, read> up: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let x = gate[at];
  let e = exp(-abs(x)); // never overflows
  y[at] = x * select(e, vec4f(1), x >= vec4f(0)) / (1 + e) * up[at];
}
