// TypeScript's check of a text that stands in no file, beside the modules of this folder.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const NAME = join(fileURLToPath(new URL('.', import.meta.url)), 'in_memory.ts');
const OPTIONS = {
  strict: true, noEmit: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
};

// What is wrong with the text: { line (from 0), message } each.
export function compile(text) {
  const host = ts.createCompilerHost(OPTIONS);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === NAME || fileExists(path);
  host.getSourceFile = (path, ...rest) => (path === NAME
    ? ts.createSourceFile(path, text, OPTIONS.target) : getSourceFile(path, ...rest));
  const program = ts.createProgram([NAME], OPTIONS, host);
  const found = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics(),
    ...program.getSyntacticDiagnostics(), ...program.getSemanticDiagnostics()];
  return found.map(({ start, file, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, ' ');
    if (start === undefined || file.fileName !== NAME) throw new Error(`The types could not be compiled: ${message}`);
    return { line: file.getLineAndCharacterOfPosition(start).line, message };
  });
}
