// Sets H_jj = 1 where it is zero: a column that no input ever touched must not spoil the factorization (as in the GPTQ release).
//   h: cols × cols, `stride` floats a row, in place.
// Grid: (cols/64) workgroups of 64 threads. No workgroup memory.
struct Params {
  cols: u32,
  stride: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> h: array<f32>;

@compute @workgroup_size(64)
fn revive(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.cols) { return; }
  let at = id.x * params.stride + id.x;
  if (h[at] == 0.0) { h[at] = 1.0; }
}
