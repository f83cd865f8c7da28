"""A flag service that speaks OFREP: fast-feature, with one flag that can be moved. Prints its port when it listens."""

import socket

import uvicorn
from fast_feature.core import Flag
from fast_feature.ofrep import OfrepRouter
from fast_feature.storage.inmemory import InMemoryFlagRepository
from fastapi import FastAPI, Request

VARIANTS = {"on": True, "off": False}
flags = InMemoryFlagRepository([Flag(key="chat", variants=VARIANTS, default_variant="on")])
app = FastAPI()
app.include_router(OfrepRouter.build(flags))


@app.put("/chat")
async def move(request: Request) -> dict:
    """`default` is on or off; `person`, where there is one, has the other."""
    asked = await request.json()
    other = "off" if asked["default"] == "on" else "on"
    targeting = None
    if asked.get("person"):
        is_person = {"==": [{"var": "targetingKey"}, asked["person"]]}
        targeting = {"if": [is_person, other, asked["default"]]}
    await flags.update(Flag(key="chat", variants=VARIANTS, default_variant=asked["default"], targeting=targeting))
    return {}


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
print(listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
