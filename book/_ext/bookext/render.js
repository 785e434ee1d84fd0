// Reads {katex, macros, formulas: [[tex, display], ...]} and answers [{html} or {error}].
const input = JSON.parse(require("fs").readFileSync(0, "utf8"));
const katex = require(input.katex);
const answers = input.formulas.map(([tex, displayMode]) => {
  try {
    const options = { displayMode, throwOnError: true, strict: "error", macros: { ...input.macros } };
    return { html: katex.renderToString(tex, options) };
  } catch (error) {
    return { error: error.message };
  }
});
process.stdout.write(JSON.stringify(answers));
