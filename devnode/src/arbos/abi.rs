//! Solidity interfaces of the precompiles, as published in Offchain Labs' nitro-precompile-interfaces.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    reason = "the items are generated from the interfaces"
)]

use alloy_sol_types::sol;

sol! {
    #[derive(Debug, PartialEq, Eq)]
    interface ArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function stylusVersion() external view returns (uint16 version);
        function codehashVersion(bytes32 codehash) external view returns (uint16 version);
        function codehashKeepalive(bytes32 codehash) external payable;
        function codehashAsmSize(bytes32 codehash) external view returns (uint32 size);
        function programVersion(address program) external view returns (uint16 version);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programMemoryFootprint(address program) external view returns (uint16 footprint);
        function programTimeLeft(address program) external view returns (uint64 secs);
        function inkPrice() external view returns (uint32 price);
        function maxStackDepth() external view returns (uint32 depth);
        function freePages() external view returns (uint16 pages);
        function pageGas() external view returns (uint16 gas);
        function pageRamp() external view returns (uint64 ramp);
        function pageLimit() external view returns (uint16 limit);
        function minInitGas() external view returns (uint64 gas, uint64 cached);
        function initCostScalar() external view returns (uint64 percent);
        function expiryDays() external view returns (uint16 numDays);
        function keepaliveDays() external view returns (uint16 numDays);
        function blockCacheSize() external view returns (uint16 count);

        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);

        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbWasmCache {
        function isCacheManager(address manager) external view returns (bool isManager);
        function allCacheManagers() external view returns (address[] managers);
        function cacheProgram(address addr) external;
        function evictCodehash(bytes32 codehash) external;
        function codehashIsCached(bytes32 codehash) external view returns (bool isCached);

        event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbSys {
        function arbBlockNumber() external view returns (uint256 number);
        function arbBlockHash(uint256 arbBlockNum) external view returns (bytes32 hash);
        function arbChainID() external view returns (uint256 id);
        function arbOSVersion() external view returns (uint256 version);
        function isTopLevelCall() external view returns (bool isTop);

        error InvalidBlockNumber(uint256 requested, uint256 current);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbOwnerPublic {
        function isChainOwner(address addr) external view returns (bool isOwner);
        function getAllChainOwners() external view returns (address[] owners);
        function getNetworkFeeAccount() external view returns (address account);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbOwner {
        function addChainOwner(address newOwner) external;
        function isChainOwner(address addr) external view returns (bool isOwner);
        function getAllChainOwners() external view returns (address[] owners);
        function addWasmCacheManager(address manager) external;
        function removeWasmCacheManager(address manager) external;

        event OwnerActs(bytes4 indexed method, address indexed owner, bytes data);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbGasInfo {
        function getPricesInWei() external view returns (uint256 perL2Tx, uint256 perL1CalldataUnit, uint256 perStorageUnit, uint256 perArbGasBase, uint256 perArbGasCongestion, uint256 perArbGasTotal);
        function getMinimumGasPrice() external view returns (uint256 price);
        function getL1BaseFeeEstimate() external view returns (uint256 price);
        function getL1GasPriceEstimate() external view returns (uint256 price);
        function getCurrentTxL1GasFees() external view returns (uint256 fees);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbDebug {
        function becomeChainOwner() external;
    }

    #[derive(Debug, PartialEq, Eq)]
    interface StylusDeployer {
        function deploy(bytes bytecode, bytes initData, uint256 initValue, bytes32 salt) external payable returns (address deployed);
        function requiresActivation(address addr) external view returns (bool required);
        function initSalt(bytes32 salt, bytes initData) external pure returns (bytes32 hashed);

        event ContractDeployed(address deployedContract);

        error ContractDeploymentError(bytes bytecode);
        error ContractInitializationError(address newContract, bytes data);
        error RefundExcessValueError(uint256 excessValue);
        error EmptyBytecode();
        error InitValueButNotInitData();
    }
}
