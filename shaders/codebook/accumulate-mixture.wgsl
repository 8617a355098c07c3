// The gradient of a mixture's codebooks, first pass: Σ r_ij g_i by codeword over chunks of a book's points, each thread into rows of
// its own, in order; the passes after it are codebook/fold.wgsl and codebook/update.wgsl with MODE 2.
//   matrix, window and tiles: codebook/view.wgsl, holding g = dL/dW.   candidates: N a sub-vector.   ratios: rows × ratio_stride.
//   partials: [book − first_book][chunk][field][codeword], D + 1 fields of which the last stays zero; zero before.
// Grid: workgroups first_group … past_group − 1, folded in y; one thread a chunk, chunks of a book side by side. No workgroup memory.
//#include "codebook/view"
override LANES: u32 = 64;
override N: u32 = 2;
struct Params {
  rows: u32, cols: u32, subs: u32,
  offset: u32, row_stride: u32, col_stride: u32,
  book_rows: u32, book_subs: u32, books_across: u32,
  codewords: u32, ratio_stride: u32,
  first_book: u32, past_book: u32, chunks: u32, chunk_points: u32,
  first_group: u32, past_group: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> matrix: array<f32>;
@group(0) @binding(2) var<storage, read> candidates: array<u32>;
@group(0) @binding(3) var<storage, read> ratios: array<f32>;
@group(0) @binding(4) var<storage, read_write> partials: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  let item = g * LANES + lane;
  let book = params.first_book + item / params.chunks;
  if (g >= params.past_group || book >= params.past_book) { return; }
  let own = tile(book);
  let codewords = params.codewords;
  let base = item * (D + 1u) * codewords;
  let first = (item % params.chunks) * params.chunk_points;
  let past = min(first + params.chunk_points, params.book_rows * params.book_subs);
  for (var p = first; p < past; p++) {
    let at = place(own, p);
    if (!at.inside) { continue; }
    for (var n = 0u; n < N; n++) {
      let r = ratios[at.row * params.ratio_stride + at.sub * N + n];
      if (r == 0.0) { continue; }
      var to = base + candidates[at.index * N + n];
      for (var j = 0u; j < D; j++) {
        partials[to] += r * element(at, j);
        to += codewords;
      }
    }
  }
}
