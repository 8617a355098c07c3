// Low-rank factors to their product, P = B·A, rows × cols with zero padding; summed from the first rank on, so that the host's sum is the same
// where every product is exact (values of F16).
//   b: rows × b_stride f32, a: rank × a_stride f32.
// Grid: ceil(stride / LANES) × rows of this launch from `first_row` on, folded in y and z; one thread a weight. No workgroup memory.
override LANES: u32 = 64;
struct Params {
  rows: u32, cols: u32, rank: u32, b_stride: u32, a_stride: u32,
  stride: u32, first_row: u32, past_row: u32, fold: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> a: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = params.first_row + id.z * params.fold + id.y;
  let column = id.x;
  if (column >= params.stride || row >= params.past_row || id.y >= params.fold) { return; }
  var value = 0.0;
  if (row < params.rows && column < params.cols) {
    for (var i = 0u; i < params.rank; i++) {
      value += b[row * params.b_stride + i] * a[i * params.a_stride + column];
    }
  }
  out[row * params.stride + column] = value;
}
