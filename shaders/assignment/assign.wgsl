// The E-step of k-means: each sub-vector's nearest codeword, argmin_k Σ_j m_j (v_j − c_kj)², the lowest index among equals.
//   matrix, window and tiles: codebook/view.wgsl.   weights: m (codebook/weights.wgsl).
//   codebooks: books × cb_stride, codeword k of a book at k·D.   assignments: one u32 a sub-vector, by its index.
//   distances: rows × dist_stride, the least sum.
// Grid: workgroups first_group … past_group − 1, folded in y; each has LANES threads of 8 points of one book. No workgroup memory.
// The 8 points are the lanes of two vec4, so that a codeword that has been loaded serves all of them.
//#include "codebook/view"
//#include "codebook/weights"
override LANES: u32 = 64;
struct Params {
  rows: u32, cols: u32, subs: u32,
  offset: u32, row_stride: u32, col_stride: u32,
  book_rows: u32, book_subs: u32, books_across: u32,
  weight_row: u32, weight_col: u32,
  codewords: u32, cb_stride: u32, dist_stride: u32,
  first_group: u32, past_group: u32, groups_per_book: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> matrix: array<f32>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read> codebooks: array<f32>;
@group(0) @binding(4) var<storage, read_write> assignments: array<u32>;
@group(0) @binding(5) var<storage, read_write> distances: array<f32>;

const FARTHEST = 3.4e38;

// Four points as the lanes of vec4: component j of all of them in v[j], its weights in m[j].
struct Four { v: array<vec4f, 8>, m: array<vec4f, 8> }

fn four(own: Tile, p: u32) -> Four {
  var points: Four;
  for (var i = 0u; i < 4u; i++) {
    let at = place(own, p + i);
    for (var j = 0u; j < D; j++) {
      points.v[j][i] = element(at, j);
      points.m[j][i] = 1.0;
      if (WEIGHTED) { points.m[j][i] = weight(at, j); }
    }
  }
  return points;
}

fn term(v: vec4f, m: vec4f, c: f32) -> vec4f {
  let e = v - c;
  if (WEIGHTED) { return (m * e) * e; }
  return e * e;
}

fn store(own: Tile, p: u32, code: vec4u, distance: vec4f) {
  for (var i = 0u; i < 4u; i++) {
    let at = place(own, p + i);
    if (at.inside) {
      assignments[at.index] = code[i];
      distances[at.row * params.dist_stride + at.sub] = distance[i];
    }
  }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let g = params.first_group + group.y * groups.x + group.x;
  if (g >= params.past_group) { return; }
  let book = g / params.groups_per_book;
  let own = tile(book);
  let p = ((g % params.groups_per_book) * LANES + lane) * 8u;
  let q = p + 4u;

  let a = four(own, p);
  let b = four(own, q);
  let a0 = a.v[0]; let b0 = b.v[0]; let m0 = a.m[0]; let n0 = b.m[0];
  let a1 = a.v[1]; let b1 = b.v[1]; let m1 = a.m[1]; let n1 = b.m[1];
  let a2 = a.v[2]; let b2 = b.v[2]; let m2 = a.m[2]; let n2 = b.m[2];
  let a3 = a.v[3]; let b3 = b.v[3]; let m3 = a.m[3]; let n3 = b.m[3];
  let a4 = a.v[4]; let b4 = b.v[4]; let m4 = a.m[4]; let n4 = b.m[4];
  let a5 = a.v[5]; let b5 = b.v[5]; let m5 = a.m[5]; let n5 = b.m[5];
  let a6 = a.v[6]; let b6 = b.v[6]; let m6 = a.m[6]; let n6 = b.m[6];
  let a7 = a.v[7]; let b7 = b.v[7]; let m7 = a.m[7]; let n7 = b.m[7];
  var least_a = vec4f(FARTHEST);
  var least_b = vec4f(FARTHEST);
  var code_a = vec4u();
  var code_b = vec4u();
  var at = book * params.cb_stride;
  let codewords = params.codewords;
  for (var k = 0u; k < codewords; k++) {
    var c = codebooks[at];
    var da = term(a0, m0, c);
    var db = term(b0, n0, c);
    if (D > 1u) { c = codebooks[at + 1u]; da += term(a1, m1, c); db += term(b1, n1, c); }
    if (D > 2u) { c = codebooks[at + 2u]; da += term(a2, m2, c); db += term(b2, n2, c); }
    if (D > 3u) { c = codebooks[at + 3u]; da += term(a3, m3, c); db += term(b3, n3, c); }
    if (D > 4u) { c = codebooks[at + 4u]; da += term(a4, m4, c); db += term(b4, n4, c); }
    if (D > 5u) { c = codebooks[at + 5u]; da += term(a5, m5, c); db += term(b5, n5, c); }
    if (D > 6u) { c = codebooks[at + 6u]; da += term(a6, m6, c); db += term(b6, n6, c); }
    if (D > 7u) { c = codebooks[at + 7u]; da += term(a7, m7, c); db += term(b7, n7, c); }
    at += D;
    code_a = select(code_a, vec4u(k), da < least_a);
    code_b = select(code_b, vec4u(k), db < least_b);
    least_a = min(least_a, da);
    least_b = min(least_b, db);
  }
  store(own, p, code_a, least_a);
  store(own, q, code_b, least_b);
}
