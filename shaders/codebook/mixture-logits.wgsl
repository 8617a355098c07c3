// The gradient of a mixture's logits: dz_j = r_j · g · (c_j − v), v = Σ_j r_j c_j, zero for frozen sub-vectors.
//   matrix, window and tiles: codebook/view.wgsl, holding g = dL/dW.   codebooks: books × cb_stride.   candidates: N a sub-vector.
//   ratios, gradient: rows × ratio_stride, N side by side; the padding of gradient is zero before.   frozen: codebook/ratios.wgsl.
// Grid: workgroups first_group … past_group − 1, folded in y; one thread a sub-vector. No workgroup memory.
//#include "codebook/view"
override LANES: u32 = 64;
override N: u32 = 2;
override FREEZING: bool = false;
struct Params {
  rows: u32, cols: u32, subs: u32,
  offset: u32, row_stride: u32, col_stride: u32,
  book_rows: u32, book_subs: u32, books_across: u32,
  cb_stride: u32, ratio_stride: u32, first_group: u32, past_group: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> matrix: array<f32>;
@group(0) @binding(2) var<storage, read> codebooks: array<f32>;
@group(0) @binding(3) var<storage, read> candidates: array<u32>;
@group(0) @binding(4) var<storage, read> ratios: array<f32>;
@group(0) @binding(5) var<storage, read> frozen: array<u32>;
@group(0) @binding(6) var<storage, read_write> gradient: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  let i = g * LANES + lane;
  if (g >= params.past_group || i >= params.rows * params.subs) { return; }
  let at = place_of(i);
  let book = (at.row / params.book_rows) * params.books_across + at.sub / params.book_subs;
  let first = at.row * params.ratio_stride + at.sub * N;
  var free = true;
  if (FREEZING) { free = frozen[i] == 0u; }
  var slope: array<f32, 8>;   // g · c_j
  var mean = 0.0;             // g · v
  for (var j = 0u; j < N; j++) {
    let word = book * params.cb_stride + candidates[i * N + j] * D;
    var sum = 0.0;
    for (var c = 0u; c < D; c++) { sum += element(at, c) * codebooks[word + c]; }
    slope[j] = sum;
    mean += ratios[first + j] * sum;
  }
  for (var j = 0u; j < N; j++) {
    gradient[first + j] = select(0.0, ratios[first + j] * (slope[j] - mean), free);
  }
}
