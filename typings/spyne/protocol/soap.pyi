from typing import ClassVar

class Soap11:
    REQUEST: ClassVar[str]
    RESPONSE: ClassVar[str]
    def __init__(self) -> None: ...
