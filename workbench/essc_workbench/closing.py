"""Whatever is closed when its block ends."""

from abc import ABC, abstractmethod
from typing import Self


class Closing(ABC):
    """Something for `async with`: it is ready when it is made, and closed at the end."""

    @abstractmethod
    async def close(self) -> None:
        """Gives back whatever it holds."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()
