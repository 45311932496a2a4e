// Undefined names and wrong types are found by TypeScript, which checks the same files (tsconfig.json).
import js from "@eslint/js";
import imports from "eslint-plugin-import";

export default [
  js.configs.recommended,
  {
    plugins: { import: imports },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "no-undef": "off",
      "array-callback-return": "error",
      "consistent-return": "error",
      "default-case-last": "error",
      "eqeqeq": "error",
      "import/no-cycle": "error",
      "no-constructor-return": "error",
      "no-implicit-coercion": "error",
      "no-shadow-restricted-names": "error",
      "no-promise-executor-return": "error",
      "no-self-compare": "error",
      "no-shadow": "error",
      "no-template-curly-in-string": "error",
      "no-unreachable-loop": "error",
      "no-useless-rename": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "prefer-template": "error",
    },
  },
];
