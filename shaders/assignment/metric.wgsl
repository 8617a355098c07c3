// Distances by a d × d metric a sub-vector, |(v − c) A|², A upper triangular: rows of 8 floats, zero outside d × d, so that one
// code serves D = 1 … 8. A sub-vector is two vec4 (the second zero for D ≤ 4), A four blocks of which the lower left is zero.
struct Vector { low: vec4f, high: vec4f }
struct Block { a: mat4x4f, b: mat4x4f, d: mat4x4f }   // [[a, b], [0, d]], each given by its rows

// (v A): rows times a matrix that is held as rows is a product from the right of its transpose, M · v with the rows as columns.
fn through(v: Vector, m: Block) -> Vector {
  var out = Vector(m.a * v.low, vec4f(0));
  if (D > 4u) { out.high = m.b * v.low + m.d * v.high; }
  return out;
}

fn squared_length(v: Vector) -> f32 {
  if (D > 4u) { return dot(v.low, v.low) + dot(v.high, v.high); }
  return dot(v.low, v.low);
}

fn difference(v: Vector, c: Vector) -> Vector {
  return Vector(v.low - c.low, v.high - c.high);
}
