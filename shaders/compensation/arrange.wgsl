// The column loop's working copy: weights transposed, columns in working order, so that neighbouring threads (rows) read
// neighbouring floats.  out[c, r] = W[r, order[c]].   w: rows × cols; order: cols; out: cols × rows, padding zero.
// Grid: ceil(out stride / LANES) × padded cols workgroups, folded in y and z; one thread an element.
override LANES: u32 = 64;
struct Params { rows: u32, cols: u32, w_stride: u32, out_stride: u32, padded_cols: u32, fold: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.z * params.fold + id.y;
  let row = id.x;
  if (row >= params.out_stride || column >= params.padded_cols || id.y >= params.fold) { return; }
  var value = 0.0;
  if (row < params.rows && column < params.cols) { value = w[row * params.w_stride + order[column]]; }
  out[column * params.out_stride + row] = value;
}
