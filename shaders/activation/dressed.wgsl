// What a quantizer sees of a row x: v = (x + noise[c]) / (row factor · column factor), and which values it leaves alone.
//   by_column: 3 × cols, factors (0 stands for 1), noise, and 1 where the column is kept;   by_row: 2 × rows, factors and 1 where kept.
// The overrides BY_COLUMN = 0 and BY_ROW = 0 leave either out; what is then bound for it is not looked at.
// The including file declares `params` with stride (vec4) and row_stride (floats), and both bindings.
override BY_COLUMN: u32 = 0;
override BY_ROW: u32 = 0;

struct Dressed { value: vec4f, factor: vec4f, noise: vec4f, kept: vec4<bool> }

// By its bits, so that a mask of NaN keeps nothing.
fn is_one(v: vec4f) -> vec4<bool> { return bitcast<vec4u>(v) == vec4u(0x3f800000u); }

fn dressed(x: vec4f, row: u32, c: u32) -> Dressed {
  var d = Dressed(x, vec4f(1), vec4f(0), vec4<bool>());
  if (BY_COLUMN == 1u) {
    let factor = by_column[c];
    d.factor = select(factor, vec4f(1), factor == vec4f(0));
    d.noise = by_column[params.stride + c];
    d.kept = is_one(by_column[2u * params.stride + c]);
  }
  if (BY_ROW == 1u) {
    let factor = by_row[row];
    d.factor *= select(factor, 1.0, factor == 0.0);
    d.kept = d.kept | is_one(vec4f(by_row[params.row_stride + row]));
  }
  if (BY_COLUMN == 1u || BY_ROW == 1u) { d.value = (x + d.noise) / d.factor; }
  return d;
}
