// Act-order: the columns by falling diagonal, equal ones in their own order (a stable sort, as torch's). A column's place is the
// number of columns that come before it, so that no thread needs another's.
//   diag: cols floats, bound as bits;  order[place] = column, position[column] = place.
// Grid: (cols/64) workgroups of 64 threads, a column each; cols² comparisons. No workgroup memory.
struct Params { cols: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> diag: array<u32>;
@group(0) @binding(2) var<storage, read_write> order: array<u32>;
@group(0) @binding(3) var<storage, read_write> position: array<u32>;

// Integers in the order of the floats, NaN included: what comes out is a permutation whatever goes in.
fn key(column: u32) -> u32 {
  let bits = diag[column];
  return select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let column = id.x;
  if (column >= params.cols) { return; }
  let own = key(column);
  var place = 0u;
  for (var other = 0u; other < params.cols; other++) {
    let theirs = key(other);
    if (theirs > own || (theirs == own && other < column)) { place++; }
  }
  order[place] = column;
  position[column] = place;
}
