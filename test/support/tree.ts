/** A small tree of files to point a check's root at. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { RunResult } from '../../agent/checks/check.ts';

const made: string[] = [];

/** @param days how old the files are */
export function tree(files: Readonly<Record<string, string>>, days = 0): string {
  const root = mkdtempSync(join(tmpdir(), 'evenkeel-tree-'));
  made.push(root);
  for (const [path, text] of Object.entries(files)) addFile(root, path, text, days);
  return root;
}

export function addFile(root: string, path: string, text: string, days = 0): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  const at = Date.now() / 1000 - days * 86_400;
  utimesSync(join(root, path), at, at);
}

/** For the end of a test file. */
export function removeTrees(): void {
  for (const root of made.splice(0)) rmSync(root, { recursive: true, force: true });
}

/** What a program has answered. */
export const answer = (stdout: string, code: number | null = 0, stderr = ''): RunResult => ({
  code,
  signal: null,
  stdout,
  stderr,
  ended: null,
  ms: 1,
});
