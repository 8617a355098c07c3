// A = L·Lᵀ in place, f32, blocked and right-looking with blocks of 32 columns. Three launches a block, for first = 0, 32, …:
//   block:     factors the diagonal block.          Grid: (1) of 32 threads, a row each. Workgroup memory: 4224 bytes, 33 barriers.
//   panel:     L21 = A21·L11⁻ᵀ by substitution.      Grid: (rows below / 64) of 64 threads, a row each. No barrier.
//   trailing:  A22 −= L21·L21ᵀ, lower tiles only.   Grid: (tiles/8, tiles/8) of 8 × 8 threads, an 8 × 8 tile each. No barrier.
//   a: size × size, size a multiple of 32, only the lower triangle is read. Afterwards the lower triangle holds L; above it,
//   diagonal blocks are zero and the rest is left over.
//   status: [how many pivots were clamped, size − index of the first of them, …], zero before the first launch.
// A pivot at or below `floor` is set to it and counted: WGSL may assume that there is no NaN, so a failed root would go unseen.
struct Params {
  size: u32,
  stride: u32,           // vec4
  first: u32,            // first row and column of the diagonal block
  first_row_tile: u32,   // trailing: tiles of 8 rows, counted from first + 32
  row_tiles: u32,
  floor: f32,
  above: u32,            // block: rows of the matrix above the first one that is bound
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> a: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> status: array<atomic<u32>, 2>;

//#include "linalg/tile"

const BLOCK = 32u;
const ROW = 33u;   // one more than the block, so that lanes reading a column meet different memory banks
var<workgroup> rows: array<f32, BLOCK * ROW>;

@compute @workgroup_size(32)
fn block(@builtin(local_invocation_index) lane: u32) {
  let at = (params.first + lane - params.above) * params.stride + params.first / 4;
  for (var q = 0u; q < BLOCK / 4; q++) {
    for (var j = 0u; j < 4u; j++) { rows[lane * ROW + 4 * q + j] = a[at + q][j]; }
  }
  workgroupBarrier();
  var root = 0.0;
  for (var j = 0u; j < BLOCK; j++) {
    // Every lane works out the pivot for itself, which saves a barrier. Nobody writes rows[j, j], so that all see A's value.
    var pivot = rows[j * ROW + j];
    var value = rows[lane * ROW + j];
    for (var k = 0u; k < j; k++) {
      let other = rows[j * ROW + k];
      pivot -= other * other;
      value -= rows[lane * ROW + k] * other;
    }
    if (pivot <= params.floor) {
      pivot = params.floor;
      if (lane == 0u) {
        atomicAdd(&status[0], 1u);
        atomicMax(&status[1], params.size - (params.first + j));
      }
    }
    if (lane == j) { root = sqrt(pivot); }
    if (lane > j) { rows[lane * ROW + j] = value / sqrt(pivot); }
    workgroupBarrier();
  }
  rows[lane * ROW + lane] = root;
  for (var q = 0u; q < BLOCK / 4; q++) {
    var row = vec4f(0);
    for (var j = 0u; j < 4u; j++) {
      if (4 * q + j <= lane) { row[j] = rows[lane * ROW + 4 * q + j]; }
    }
    a[at + q] = row;
  }
}

@compute @workgroup_size(64)
fn panel(@builtin(global_invocation_id) id: vec3u) {
  let row = params.first + BLOCK + id.x;
  if (row >= params.size) { return; }
  let quad = params.first / 4;
  let at = row * params.stride + quad;
  for (var j = 0u; j < BLOCK / 4; j++) {
    var x = a[at + j];
    // A row times a matrix of columns gives the dot products with them: x·(rows of L11)ᵀ.
    for (var k = 0u; k < j; k++) { x -= a[at + k] * rows4(params.first + 4 * j, quad + k); }
    let l = rows4(params.first + 4 * j, quad + j);
    x.x = x.x / l[0].x;
    x.y = (x.y - x.x * l[1].x) / l[1].y;
    x.z = (x.z - dot(x.xy, l[2].xy)) / l[2].z;
    x.w = (x.w - dot(x.xyz, l[3].xyz)) / l[3].w;
    a[at + j] = x;
  }
}

@compute @workgroup_size(8, 8)
fn trailing(@builtin(global_invocation_id) id: vec3u) {
  let row_tile = params.first_row_tile + id.y;
  if (id.y >= params.row_tiles || id.x > row_tile) { return; }
  let below = params.first + BLOCK;
  let row = below + 8 * row_tile;
  let col = below + 8 * id.x;
  var t: Tile;
  for (var k = 0u; k < BLOCK / 4; k++) { add_row_products(&t, row, col, params.first / 4 + k); }
  let quad = col / 4;
  store4(row, quad, rows4(row, quad) - t.s00);
  store4(row, quad + 1, rows4(row, quad + 1) - t.s01);
  store4(row + 4, quad, rows4(row + 4, quad) - t.s10);
  store4(row + 4, quad + 1, rows4(row + 4, quad + 1) - t.s11);
}
