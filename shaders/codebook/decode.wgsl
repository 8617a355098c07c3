// Weights out of codebooks, rows × cols with zero padding:
//   out[r, c] = scale(r, ⌊c / block⌋) · (sign(r, c) · Σ_j ratio_j · codebook[code_j][c mod D])
//   codes: CANDIDATES a sub-vector, by its index; with one the codeword itself is meant and `ratios` is not read.
//   ratios: rows × ratio_stride, CANDIDATES side by side.   codebooks: books × cb_stride, codeword k of a book at k·D.
//   scales: rows × scale_stride (read with SCALED).   signs: SIGNS 1: one bit a weight, row after row without a gap, set for minus;
//   2: latent weights, rows × sign_stride, whose sign counts, that of zero being plus.
// Grid: ceil(stride / LANES) × padded rows workgroups, folded in y and z; one thread a weight. No workgroup memory.
override D: u32 = 4;
override LANES: u32 = 64;
override CANDIDATES: u32 = 1;
override SCALED: bool = false;
override SIGNS: u32 = 0;
struct Params {
  rows: u32, cols: u32, subs: u32, book_rows: u32, book_subs: u32, books_across: u32,
  cb_stride: u32, ratio_stride: u32, scale_stride: u32, scale_block: u32, sign_stride: u32,
  stride: u32, padded_rows: u32, fold: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> codebooks: array<f32>;
@group(0) @binding(2) var<storage, read> codes: array<u32>;
@group(0) @binding(3) var<storage, read> ratios: array<f32>;
@group(0) @binding(4) var<storage, read> scales: array<f32>;
@group(0) @binding(5) var<storage, read> signs: array<u32>;
@group(0) @binding(6) var<storage, read_write> out: array<f32>;

fn negative(row: u32, column: u32) -> bool {
  if (SIGNS == 2u) { return bitcast<f32>(signs[row * params.sign_stride + column]) < 0.0; }
  let bit = row * params.cols + column;
  return ((signs[bit / 32u] >> (bit % 32u)) & 1u) == 1u;
}

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.z * params.fold + id.y;
  let column = id.x;
  if (column >= params.stride || row >= params.padded_rows || id.y >= params.fold) { return; }
  var value = 0.0;
  if (row < params.rows && column < params.cols) {
    let sub = column / D;
    let book = (row / params.book_rows) * params.books_across + sub / params.book_subs;
    let base = book * params.cb_stride + column % D;
    let first = (row * params.subs + sub) * CANDIDATES;
    if (CANDIDATES == 1u) {
      value = codebooks[base + codes[first] * D];
    } else {
      let at = row * params.ratio_stride + sub * CANDIDATES;
      for (var j = 0u; j < CANDIDATES; j++) { value += ratios[at + j] * codebooks[base + codes[first + j] * D]; }
    }
    if (SIGNS > 0u && negative(row, column)) { value = -value; }
    if (SCALED) { value = scales[row * params.scale_stride + column / params.scale_block] * value; }
  }
  out[row * params.stride + column] = value;
}
