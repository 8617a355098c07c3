// k-means++: each point's distance to the nearest codeword so far, brought up to date with codewords from … to − 1 of its book, and
// the sums of these distances by chunk, which draw.wgsl draws from.
//   matrix, window and tiles: codebook/view.wgsl.   weights: m (codebook/weights.wgsl).
//   codebooks: books × cb_stride.   nearest: one f32 a sub-vector, by index (not read where from = 0).   chunk_sums: books × chunks.
// Grid: workgroups first_group … past_group − 1, folded in y; one thread a chunk of points. No workgroup memory.
//#include "codebook/view"
//#include "codebook/weights"
override LANES: u32 = 64;
struct Params {
  rows: u32, cols: u32, subs: u32,
  offset: u32, row_stride: u32, col_stride: u32,
  book_rows: u32, book_subs: u32, books_across: u32,
  weight_row: u32, weight_col: u32,
  cb_stride: u32, books: u32, chunks: u32, chunk_points: u32, from_word: u32, to_word: u32,
  first_group: u32, past_group: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> matrix: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> codebooks: array<f32>;
@group(0) @binding(4) var<storage, read_write> nearest: array<f32>;
@group(0) @binding(5) var<storage, read_write> chunk_sums: array<f32>;

fn distance_to(at: Place, codeword: u32) -> f32 {
  var sum = 0.0;
  for (var j = 0u; j < D; j++) {
    let e = element(at, j) - codebooks[codeword + j];
    var m = 1.0;
    if (WEIGHTED) { m = weight(at, j); }
    sum += (m * e) * e;
  }
  return sum;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  let item = g * LANES + lane;
  if (g >= params.past_group || item >= params.books * params.chunks) { return; }
  let book = item / params.chunks;
  let own = tile(book);
  let first = (item % params.chunks) * params.chunk_points;
  let past = min(first + params.chunk_points, params.book_rows * params.book_subs);
  var total = 0.0;
  for (var p = first; p < past; p++) {
    let at = place(own, p);
    if (!at.inside) { continue; }
    var least = 3.4e38;
    if (params.from_word > 0u) { least = nearest[at.index]; }
    for (var k = params.from_word; k < params.to_word; k++) {
      least = min(least, distance_to(at, book * params.cb_stride + k * D));
    }
    nearest[at.index] = least;
    total += least;
  }
  chunk_sums[item] = total;
}
