/**
 * Markdown in parts, at a cost that whoever writes it cannot drive up: marks of one paragraph are looked for in all that follows
 * them, and each level of nesting costs stack. What has more of either than anybody writes stays as it was typed. Pure.
 */
import { Lexer, type Token } from 'marked';

/** Of a paragraph, a heading or a cell. */
const marksAtMost = 200;
/** Deeper than anybody writes. A line of dashes is a rule and no depth. */
const nested = /^(?![^\S\n]*([-*])(?:[^\S\n]*\1)*[^\S\n]*$)(?:[^\S\n]|[>*+-]|\d{1,9}[.)]){60}/m;
/** Each of a list is read together with all that follow it. */
const linesAtMost = 3000;

class BoundedLexer extends Lexer {
  override inlineTokens(src: string, tokens: Token[] = []): Token[] {
    if ((src.match(/[*_~`[\]<&@\\]/g)?.length ?? 0) <= marksAtMost) return super.inlineTokens(src, tokens);
    tokens.push({ type: 'text', raw: src, text: src, escaped: false });
    return tokens;
  }
}

/** Null: it is shown as it was typed. */
export const markdownTokens = (text: string): Token[] | null =>
  nested.test(text) || text.split('\n').length > linesAtMost ? null : new BoundedLexer({ gfm: true }).lex(text);
