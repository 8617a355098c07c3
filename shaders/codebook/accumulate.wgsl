// The M-step of k-means, first pass: sums by codeword over chunks of a book's points, each thread into rows of its own, in order.
//   matrix, window and tiles: codebook/view.wgsl.   weights: m (codebook/weights.wgsl).
//   codes, previous: one u32 a sub-vector, now and an iteration ago.   distances: rows × dist_stride (both only with STATS).
//   partials: [book − first_book][chunk][field][codeword], zero before; fields: Σ m_j v_j (D), with WEIGHTED Σ m_j (D), the count.
//   stats: two a chunk, the sum of distances and how many points have moved, from stats_offset on.
// Grid: workgroups first_group … past_group − 1, folded in y; one thread a chunk, chunks of a book side by side. No workgroup memory.
//#include "codebook/view"
//#include "codebook/weights"
override LANES: u32 = 64;
override STATS: bool = false;
struct Params {
  rows: u32, cols: u32, subs: u32,
  offset: u32, row_stride: u32, col_stride: u32,
  book_rows: u32, book_subs: u32, books_across: u32,
  weight_row: u32, weight_col: u32,
  codewords: u32, dist_stride: u32,
  first_book: u32, past_book: u32, chunks: u32, chunk_points: u32, stats_offset: u32,
  first_group: u32, past_group: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> matrix: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> codes: array<u32>;
@group(0) @binding(4) var<storage, read> previous: array<u32>;
@group(0) @binding(5) var<storage, read> distances: array<f32>;
@group(0) @binding(6) var<storage, read_write> partials: array<f32>;
@group(0) @binding(7) var<storage, read_write> stats: array<f32>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  let item = g * LANES + lane;
  let book = params.first_book + item / params.chunks;
  if (g >= params.past_group || book >= params.past_book) { return; }
  let own = tile(book);
  let fields = select(D + 1u, 2u * D + 1u, WEIGHTED);
  let codewords = params.codewords;
  let base = item * fields * codewords;
  let first = (item % params.chunks) * params.chunk_points;
  let past = min(first + params.chunk_points, params.book_rows * params.book_subs);
  var total = 0.0;
  var moved = 0.0;
  for (var p = first; p < past; p++) {
    let at = place(own, p);
    if (!at.inside) { continue; }
    let code = codes[at.index];
    var to = base + code;
    for (var j = 0u; j < D; j++) {
      let v = element(at, j);
      if (WEIGHTED) {
        let m = weight(at, j);
        partials[to] += m * v;
        partials[to + D * codewords] += m;
      } else {
        partials[to] += v;
      }
      to += codewords;
    }
    partials[base + (fields - 1u) * codewords + code] += 1.0;
    if (STATS) {
      total += distances[at.row * params.dist_stride + at.sub];
      if (previous[at.index] != code) { moved += 1.0; }
    }
  }
  if (STATS) {
    let out = 2u * (params.stats_offset + book * params.chunks + item % params.chunks);
    stats[out] = total;
    stats[out + 1u] = moved;
  }
}
