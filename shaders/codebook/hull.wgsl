// A hull that moves (ViM-VQ, arXiv:2503.09509; the rule is the studio's own): the codeword nearest to a free sub-vector's target u takes the place of the
// candidate with the smallest ratio (the last among equals) where it is none of the candidates and brings the mixture nearer to u.
// Its ratio is the one that moves the mixture v least: with b the mixture of the other candidates, w the replaced one and c the new one,
//   ρ = r_w (w − b)·(c − b) / |c − b|², kept within LEAST … 1 − LEAST;   z = log(ρ / (1 − ρ)) + log Σ_others exp z_j,
// so that the others keep their shares among themselves. The replaced logit's optimizer state becomes zero.
//   matrix, window and tiles: codebook/view.wgsl, holding u.   codebooks: books × cb_stride.   nearest, frozen: one u32 a sub-vector.
//   candidates: N a sub-vector.   logits, first, second: rows × stride, N side by side.
// Grid: workgroups first_group … past_group − 1, folded in y; one thread a sub-vector. No workgroup memory.
//#include "codebook/view"
override LANES: u32 = 64;
override N: u32 = 2;
const LEAST = 0.01;
struct Params {
  rows: u32, cols: u32, subs: u32,
  offset: u32, row_stride: u32, col_stride: u32,
  book_rows: u32, book_subs: u32, books_across: u32,
  cb_stride: u32, stride: u32, first_group: u32, past_group: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> matrix: array<f32>;
@group(0) @binding(2) var<storage, read> codebooks: array<f32>;
@group(0) @binding(3) var<storage, read> nearest: array<u32>;
@group(0) @binding(4) var<storage, read> frozen: array<u32>;
@group(0) @binding(5) var<storage, read_write> candidates: array<u32>;
@group(0) @binding(6) var<storage, read_write> logits: array<f32>;
@group(0) @binding(7) var<storage, read_write> first: array<f32>;
@group(0) @binding(8) var<storage, read_write> second: array<f32>;

// Component c of b, the mixture of the candidates of sub-vector i but the weakest.
fn others_at(i: u32, base: u32, weakest: u32, from_logit: u32, largest: f32, others: f32, c: u32) -> f32 {
  var b = 0.0;
  for (var j = 0u; j < N; j++) {
    let share = select(exp(logits[from_logit + j] - largest) / others, 0.0, j == weakest);
    b += share * codebooks[base + candidates[i * N + j] * D + c];
  }
  return b;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  let i = g * LANES + lane;
  if (N < 2u || g >= params.past_group || i >= params.rows * params.subs || frozen[i] > 0u) { return; }
  let at = place_of(i);
  let base = ((at.row / params.book_rows) * params.books_across + at.sub / params.book_subs) * params.cb_stride;
  let from_logit = at.row * params.stride + at.sub * N;
  let fresh = nearest[i];
  var weakest = 0u;
  var largest = logits[from_logit];
  for (var j = 0u; j < N; j++) {
    if (candidates[i * N + j] == fresh) { return; }
    if (logits[from_logit + j] <= logits[from_logit + weakest]) { weakest = j; }
    largest = max(largest, logits[from_logit + j]);
  }
  let word = base + fresh * D;
  let old = base + candidates[i * N + weakest] * D;
  var others = 0.0;   // Σ exp(z_j − largest) over the other candidates
  for (var j = 0u; j < N; j++) { others += select(exp(logits[from_logit + j] - largest), 0.0, j == weakest); }
  let weak = exp(logits[from_logit + weakest] - largest);
  var along = 0.0;    // (w − b)·(c − b)
  var square = 0.0;   // |c − b|²
  for (var c = 0u; c < D; c++) {
    if (at.sub * D + c >= params.cols) { break; }
    let b = others_at(i, base, weakest, from_logit, largest, others, c);
    along += (codebooks[old + c] - b) * (codebooks[word + c] - b);
    square += (codebooks[word + c] - b) * (codebooks[word + c] - b);
  }
  let held = weak / (weak + others);
  var ratio = held;
  if (square > 0.0) { ratio = held * along / square; }
  ratio = clamp(ratio, LEAST, 1.0 - LEAST);
  var gain = 0.0;     // |u − v|² − |u − v'|², of the mixture as it is and as it would be
  for (var c = 0u; c < D; c++) {
    if (at.sub * D + c >= params.cols) { break; }
    let b = others_at(i, base, weakest, from_logit, largest, others, c);
    let u = element(at, c);
    let v = u - mix(b, codebooks[old + c], held);
    let moved = u - mix(b, codebooks[word + c], ratio);
    gain += v * v - moved * moved;
  }
  if (!(gain > 0.0)) { return; }
  let to = from_logit + weakest;
  logits[to] = log(ratio / (1.0 - ratio)) + largest + log(others);
  first[to] = 0.0;
  second[to] = 0.0;
  candidates[i * N + weakest] = fresh;
}
