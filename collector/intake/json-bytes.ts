/** JSON text as bytes, read piece by piece by one who knows what must come. What does not come leaves the place as it was, or NaN. */
const zero = 0x30;
const nine = 0x39;
const dot = 0x2e;
const minus = 0x2d;
const plus = 0x2b;
const exponent = 0x65;
const powers = Array.from({ length: 23 }, (_, n) => 10 ** n);

const isDigit = (byte: number) => byte >= zero && byte <= nine;

export class JsonBytes {
  /** How far it is read. */
  at = 0;
  #bytes: Buffer = Buffer.alloc(0);

  start(bytes: Uint8Array): void {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = 0;
  }

  get isAtEnd(): boolean {
    return this.at === this.#bytes.length;
  }

  /** Passes over exactly this part of a text. */
  passes(text: Uint8Array, from: number, to: number): boolean {
    const bytes = this.#bytes;
    let next = this.at;
    if (next + to - from > bytes.length) return false;
    for (let i = from; i < to; i++) if (text[i] !== bytes[next++]) return false;
    this.at = next;
    return true;
  }

  passesAll(text: Uint8Array): boolean {
    return this.passes(text, 0, text.length);
  }

  /** The same for ASCII. */
  passesText(text: string): boolean {
    const bytes = this.#bytes;
    const { at } = this;
    if (at + text.length > bytes.length) return false;
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[at + i]) return false;
    this.at = at + text.length;
    return true;
  }

  /** So many bytes, one character each. */
  take(length: number): string {
    const text = this.#bytes.toString('latin1', this.at, this.at + length);
    this.at += text.length;
    return text;
  }

  whole(least: number, most: number): number {
    const value = this.number();
    return Number.isInteger(value) && value >= least && value <= most ? value : Number.NaN;
  }

  /** A number as JSON writes it [RFC 8259, 6]; NaN where none is. */
  number(): number {
    const bytes = this.#bytes;
    const { length } = bytes;
    const { at } = this;
    const isNegative = at < length && bytes[at] === minus;
    const first = isNegative ? at + 1 : at;
    let next = first;
    let digits = 0;
    for (; next < length && isDigit(bytes[next] as number); next++)
      digits = digits * 10 + (bytes[next] as number) - zero;
    if (next === first || (bytes[first] === zero && next > first + 1)) return Number.NaN;
    let scale = 0;
    if (next < length && bytes[next] === dot) {
      const point = ++next;
      for (; next < length && isDigit(bytes[next] as number); next++)
        digits = digits * 10 + (bytes[next] as number) - zero;
      scale = next - point;
      if (scale === 0) return Number.NaN;
    }
    const isPlain = next === length || ((bytes[next] as number) | 0x20) !== exponent;
    // The quotient of two whole numbers that are exact is the double next to the decimal, as the parser would find it.
    if (isPlain && digits <= Number.MAX_SAFE_INTEGER && scale < powers.length) {
      this.at = next;
      const value = scale === 0 ? digits : digits / (powers[scale] as number);
      return isNegative ? -value : value;
    }
    return isPlain ? this.#numberUpTo(next) : this.#exponent(next + 1);
  }

  #exponent(from: number): number {
    const bytes = this.#bytes;
    const first = bytes[from] === minus || bytes[from] === plus ? from + 1 : from;
    let next = first;
    while (next < bytes.length && isDigit(bytes[next] as number)) next++;
    return next > first ? this.#numberUpTo(next) : Number.NaN;
  }

  #numberUpTo(end: number): number {
    return Number(this.take(end - this.at));
  }
}
