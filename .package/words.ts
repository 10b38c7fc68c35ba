/** Sentences name the command that the reader has: `npm run …` is that of the source tree. */
const commands: readonly (readonly [source: string, packaged: string])[] = [
  ['npm run agent -- ', 'evenkeel-agent '],
  ['npm run collector -- ', 'evenkeel-collector '],
  ['npm start -- ', 'evenkeel-collector start '],
  ['npm start', 'evenkeel-collector start'],
];

/** For rolldown and for vite, whose types of a plugin are of two versions. */
export const words = {
  name: 'words',
  transform(code: string, id: string): string | null {
    if (id.includes('/node_modules/')) return null;
    const own = commands.reduce((text, [source, packaged]) => text.replaceAll(source, packaged), code);
    return own === code ? null : own;
  },
};
