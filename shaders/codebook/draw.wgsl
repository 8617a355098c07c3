// k-means++: draws points as codewords first_word … first_word + words − 1 of every book, each with a chance in proportion to its
// distance to the nearest codeword so far: the first point at which the running sum of distances passes uniform · total.
//   matrix, window and tiles: codebook/view.wgsl.   nearest, chunk_sums: codebook/nearest.wgsl.   uniforms: books × codewords.
//   codebooks: books × cb_stride. Where all distances are zero, the tile's first point.
// Grid: workgroups first_group … past_group − 1, folded in y; one thread a draw. No workgroup memory.
//#include "codebook/view"
override LANES: u32 = 64;
struct Params {
  rows: u32, cols: u32, subs: u32,
  offset: u32, row_stride: u32, col_stride: u32,
  book_rows: u32, book_subs: u32, books_across: u32,
  codewords: u32, cb_stride: u32, books: u32, chunks: u32, chunk_points: u32, first_word: u32, words: u32,
  first_group: u32, past_group: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> matrix: array<f32>;
@group(0) @binding(2) var<storage, read> nearest: array<f32>;
@group(0) @binding(3) var<storage, read> chunk_sums: array<f32>;
@group(0) @binding(4) var<storage, read> uniforms: array<f32>;
@group(0) @binding(5) var<storage, read_write> codebooks: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  let item = g * LANES + lane;
  if (g >= params.past_group || item >= params.books * params.words) { return; }
  let book = item / params.words;
  let own = tile(book);
  let k = params.first_word + item % params.words;
  var total = 0.0;
  for (var c = 0u; c < params.chunks; c++) { total += chunk_sums[book * params.chunks + c]; }
  var goal = uniforms[book * params.codewords + k] * total;
  // The last chunk and point that have any distance are taken where rounding carries the goal past the end.
  var chunk = 0u;
  for (var c = 0u; c < params.chunks; c++) {
    let sum = chunk_sums[book * params.chunks + c];
    if (sum > 0.0) { chunk = c; if (goal < sum) { break; } goal -= sum; }
  }
  var chosen = place(own, 0u);
  let first = chunk * params.chunk_points;
  let past = min(first + params.chunk_points, params.book_rows * params.book_subs);
  for (var p = first; p < past; p++) {
    let at = place(own, p);
    if (!at.inside) { continue; }
    let d = nearest[at.index];
    if (d > 0.0) { chosen = at; if (goal < d) { break; } goal -= d; }
  }
  for (var j = 0u; j < D; j++) { codebooks[book * params.cb_stride + k * D + j] = element(chosen, j); }
}
