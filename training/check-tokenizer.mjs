// Compares the tokenizer files with our own Python encoder, id by id, and decodes back.
//
//   python3 training/bpe.py public/samples/stories-1m > /tmp/ids.json
//   node training/check-tokenizer.mjs public/samples/stories-1m /tmp/ids.json
//
// Needs the npm package @huggingface/tokenizers where it is run (or a folder below).
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [folder, idsFile] = process.argv.slice(2);
const { Tokenizer } = createRequire(`${process.cwd()}/`)("@huggingface/tokenizers");
const json = (name) => JSON.parse(readFileSync(name, "utf8"));
const tokenizer = new Tokenizer(json(`${folder}/tokenizer.json`), json(`${folder}/tokenizer_config.json`));

let ids = 0, wrong = 0;
const cases = json(idsFile);
for (const { text, ids: expected } of cases) {
  const got = tokenizer.encode(text).ids;
  const back = got.length > 1 ? tokenizer.decode(got, { skip_special_tokens: true }) : "";
  ids += got.length;
  if (got.join() !== expected.join() || back !== text || got[0] !== 0) {
    wrong += 1;
    console.log("differs:", JSON.stringify(text.slice(0, 80)), got.slice(0, 12), expected.slice(0, 12), JSON.stringify(back.slice(0, 80)));
  }
}
const plain = tokenizer.encode("The end.", { add_special_tokens: false }).ids;
const special = tokenizer.encode("The end.</s>").ids;
console.log(`${cases.length} texts, ${ids} ids, ${wrong} differ; without specials ${plain}; with </s> ${special}`);
process.exit(wrong ? 1 : 0);
