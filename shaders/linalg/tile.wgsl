// An 8 × 8 tile of a product in registers: four 4 × 4 quarters. A WGSL matrix is a list of columns; a column here holds four
// neighbours of one row (see matmul.wgsl). The including file declares `a: array<vec4f>` and `params.stride`, in vec4.
struct Tile { s00: mat4x4f, s01: mat4x4f, s10: mat4x4f, s11: mat4x4f }

// Four rows of four: rows from `row`, columns from 4·`quad`.
fn rows4(row: u32, quad: u32) -> mat4x4f {
  let at = row * params.stride + quad;
  return mat4x4f(a[at], a[at + params.stride], a[at + 2 * params.stride], a[at + 3 * params.stride]);
}

fn store4(row: u32, quad: u32, s: mat4x4f) {
  for (var i = 0u; i < 4u; i++) { a[(row + i) * params.stride + quad] = s[i]; }
}

// t += top·leftᵀ and so on: eight rows from `row` times eight rows from `other_row`, over one quad of columns each.
fn add_row_products(t: ptr<function, Tile>, row: u32, other_row: u32, quad: u32) {
  let top = rows4(row, quad);
  let bottom = rows4(row + 4, quad);
  let left = transpose(rows4(other_row, quad));
  let right = transpose(rows4(other_row + 4, quad));
  (*t).s00 += left * top;
  (*t).s01 += right * top;
  (*t).s10 += left * bottom;
  (*t).s11 += right * bottom;
}
