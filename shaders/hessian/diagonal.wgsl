// The diagonal of a square matrix as a vector.
//   h: cols × cols, `stride` floats a row;  out: 8 × stride floats, one row of values and zero padding.
// Grid: (8·stride/64) workgroups of 64 threads. No workgroup memory.
struct Params {
  cols: u32,
  stride: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> h: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn diagonal(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= 8 * params.stride) { return; }
  var value = 0.0;
  if (id.x < params.cols) { value = h[id.x * params.stride + id.x]; }
  out[id.x] = value;
}
