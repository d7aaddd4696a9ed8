"""Reading the bits of H.264 headers (ITU-T H.264, 7.2, 7.3.1 and 9.1)."""


class Bits:
    """The payload of a NAL unit, bit by bit; reading beyond its end raises ValueError."""

    def __init__(self, payload: bytes) -> None:
        self._value = int.from_bytes(payload, "big")
        self._left = 8 * len(payload)

    def take(self, count: int) -> int:
        """The next `count` bits as a number, u(n)."""
        if count > self._left:
            raise ValueError("a header of the stream ends too soon")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def flag(self) -> bool:
        """The next bit, u(1)."""
        return self.take(1) == 1

    def number(self) -> int:
        """The next number of variable length, ue(v)."""
        zeros = 0
        while not self.flag():
            zeros += 1
            if zeros > 32:
                raise ValueError("a header of the stream holds a number that is too large")
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """The next signed number of variable length, se(v)."""
        code = self.number()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def payload(nal: bytes) -> bytes:
    """The payload of a NAL unit: without its header byte and without the bytes that only prevent start codes."""
    return nal[1:].replace(b"\x00\x00\x03", b"\x00\x00")
