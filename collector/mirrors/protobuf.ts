/** Writes protobuf into one growing buffer: lengths are known before what they are of, so nothing is copied. */

export const varintBytes = (value: number): number => {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes += 1;
  return bytes;
};

/** Of a field of which the number is below 16: its key, its length, its bytes. */
export const fieldBytes = (bytes: number): number => 1 + varintBytes(bytes) + bytes;

export class ProtobufWriter {
  #buffer = Buffer.allocUnsafe(64 * 1024);
  #end = 0;

  /** Room for so many more bytes. */
  reserve(bytes: number): void {
    if (this.#end + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#end + bytes));
    this.#buffer.copy(larger, 0, 0, this.#end);
    this.#buffer = larger;
  }
  byte(value: number): void {
    this.#buffer[this.#end++] = value;
  }
  varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }
  /** The head of a field of bytes; they follow. */
  head(field: number, bytes: number): void {
    this.byte((field << 3) | 2);
    this.varint(bytes);
  }
  text(field: number, value: string, bytes: number): void {
    this.head(field, bytes);
    this.#end += this.#buffer.write(value, this.#end);
  }
  double(field: number, value: number): void {
    this.byte((field << 3) | 1);
    this.#end = this.#buffer.writeDoubleLE(value, this.#end);
  }
  take(): Buffer {
    return this.#buffer.subarray(0, this.#end);
  }
}
